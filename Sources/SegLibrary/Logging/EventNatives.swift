// The native that writes event files of TensorBoard, on which the trainer's `log` is built.

@preconcurrency import Glibc
import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

let eventNatives: [Native] = [
    Native(
        "write_events(values, folder, file=nil)",
        "Appends values to an event file of TensorBoard in a folder, and gives the file's path. `values` are records "
            + "with `step`, `tag` and one of `value`, a number; `text`; `triptych`, a list of a sample and a "
            + "prediction; or `settings`, a record, the hyper-parameters. `file` is what an earlier call gave: it is "
            + "appended to if this process made it; else a new file begins at the step of the first value, and "
            + "TensorBoard drops later steps of older files. `trainer(…, log=\"runs/a\")` does all this.",
        examples: [
            "path = write_events([(step=1, tag=\"loss/train\", value=0.5)], \"runs/example\")\n"
                + "print(write_events([(step=2, tag=\"loss/train\", value=0.4)], \"runs/example\", path) == path)  # expect: true"
        ], effect: .writing
    ) { call in
        let folder = try call.string(1)
        let time = Double(WallClock.nanoseconds) / 1e9
        let interpreter = call.interpreter
        let what = "the values for \(quotedText(folder))"
        // In parts, since one array of all bytes would be copied as it grows.
        var parts: [[UInt8]] = [[]]
        var firstStep: Int?
        for item in try call.list(0).items {
            try interpreter.checkInterrupt()
            let value = try loggedValue(item, call)
            firstStep = firstStep ?? value.step
            let record = EventFile.record(value, time: time)
            try interpreter.reserve(record.count, for: what)
            if parts[parts.count - 1].count >= 1 << 20 { parts.append([]) }
            parts[parts.count - 1] += record
        }
        guard !folder.isEmpty else { throw call.bad(1, "is the path of a folder, not empty") }
        guard let firstStep else { return call[2] }
        let files = interpreter.attachment(EventFiles.self) { EventFiles() }
        if let path = try call.optionalString(2), files.own.contains(path), path.hasPrefix(folder + "/"),
            FileStatus.exists(path)
        {
            try AppendedFile.append(parts, to: path, poll: interpreter.checkInterrupt)
            return .string(path)
        }
        try Folder.make(folder)
        let path = files.newPath(in: folder)
        let beginning = EventFile.beginning(at: firstStep, time: time)
        try AppendedFile.create(path, [beginning] + parts, poll: interpreter.checkInterrupt)
        files.own.insert(path)
        return .string(path)
    }
]

/// The event files that this process made.
private final class EventFiles {
    var own: Set<String> = []

    /// TensorBoard reads the files of a folder in the order of their names.
    func newPath(in folder: String) -> String {
        let (seconds, rest) = WallClock.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let micro = "\(1_000_000 + rest / 1000)".dropFirst()
        return "\(folder)/\(EventFile.prefix)\(seconds).\(micro).\(getpid()).seg"
    }
}

private func loggedValue(_ value: Value, _ call: borrowing Arguments) throws -> LoggedValue {
    guard let record = value.asRecord, let tag = record["tag"]?.asString,
        let step = record["step"]?.asNumber.flatMap({ Int(exactly: $0) })
    else {
        throw call.bad(
            0, "are records with a whole step, a tag and a value", help: "(step=1, tag=\"loss\", value=0.5)")
    }
    if tag.isEmpty { throw call.bad(0, "have a tag that is not empty, as \"loss\"") }
    func content() throws -> LoggedValue.Content? {
        if let value = record["value"] { return try call.interpreter.number(from: value).map { .scalar($0) } }
        if let text = record["text"]?.asString { return .text(text) }
        if let pair = record["triptych"]?.asList?.items, pair.count == 2 {
            let sheet = try triptych(of: pair[0], pair[1], call)
            let pixels = try call.interpreter.awaited { try sheet.drawing.raster(scale: 1.5).image }
            let png = try call.interpreter.awaited { try PNGImage.encode(pixels) }
            return .image(png: png, width: pixels.width, height: pixels.height)
        }
        if let settings = record["settings"]?.asRecord {
            return .settings(
                try zip(settings.names, settings.values).map { name, value in
                    switch value {
                    case .number(let number) where number.isFinite: (name, .number(number))
                    case .bool(let bool): (name, .bool(bool))
                    default: (name, .text(try call.interpreter.line(value)))
                    }
                })
        }
        return nil
    }
    guard let content = try content() else {
        throw call.bad(
            0, "have one of value, a number, text, triptych and settings; \(quotedText(tag)) has not")
    }
    return LoggedValue(step: step, tag: tag, content: content)
}
