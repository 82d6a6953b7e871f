// The destination of charts: the terminal, or a file whose format is given by its name.

import Glibc
import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

extension Interpreter {
    /// The capabilities of the terminal.
    var style: TerminalStyle {
        // Between two lines of a script the window may have changed.
        let size = terminal.isInteractive ? TerminalSize.of(STDOUT_FILENO) : nil
        return TerminalStyle.detect(
            isTerminal: terminal.isInteractive, size: size ?? (terminal.width, terminal.height),
            allowsColor: terminal.hasColor, environment: Environment.variable)
    }

    /// What a long piece of work gives that touches nothing of the interpreter's; Ctrl-C ends the wait for it.
    func awaited<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        try Background.value(body, interrupted: checkInterrupt)
    }

    func print(_ lines: [String]) { output(lines.joined(separator: "\n") + "\n") }
}

extension Arguments {
    /// Whether a chart is drawn, into the file that the argument `place` (`save=`) names or into the output.
    func isDrawn(_ place: Int) -> Bool { !isNil(place) || interpreter.inlineDrawings.isOn }

    /// Prints a chart, or draws it into the file that the argument `place` (`save=`) names. A chart without
    /// content is not written. The arguments `width=` and `dpi=` follow `save=`.
    func present(_ chart: some SizedChart, sizedAfter place: Int) throws -> Value {
        var chart = chart
        var style = isNil(place) && chart is PictureSheet ? try interpreter.pictureStyle : interpreter.style
        if let width = try extent(place + 1, file: isDrawn(place), isHeight: false) {
            chart.width = Double(width)
            style.columns = width
        }
        return try present(chart, save: place, dpi: place + 2, style)
    }

    func present(_ chart: some Chart, save place: Int, dpi dpiPlace: Int, _ style: TerminalStyle? = nil)
        throws -> Value
    {
        let path = try optionalString(place)
        let ending = path?.split(separator: ".").last?.lowercased() ?? ""
        let dpi = isNil(dpiPlace) ? nil : try number(dpiPlace)
        if let dpi {
            guard ending == "png" else {
                throw bad(dpiPlace, "is for files of pixels", help: "save=\"figure.png\", dpi=300")
            }
            guard (36...2400).contains(dpi) else {
                throw bad(dpiPlace, "is \(Tensor.text(of: dpi)); it is from 36 to 2400 pixels per inch")
            }
        }
        guard let path else {
            let shown = style ?? interpreter.style
            interpreter.print(try interpreter.lines(of: chart, shown))
            return .nilValue
        }
        guard ["svg", "png", "pdf"].contains(ending) else {
            throw Failure(
                .value,
                "\(native.name): save must be a name that ends in .png, .svg or .pdf, not \(quotedText(path))",
                argument: place)
        }
        if let emptiness = try interpreter.awaited({ chart.emptiness }) {
            throw Failure(.value, "\(native.name): \(emptiness), so \(path) is not written", argument: 0)
        }
        let drawing = try interpreter.awaited { chart.drawing }
        if ending != "svg" { noteMissing(drawing.missingCharacters, in: path) }
        switch ending {
        case "svg":
            let text = try interpreter.awaited { try drawing.svg { try PNGImage.encode($0.image) } }
            try AtomicFile.write(text, to: path, poll: interpreter.checkInterrupt)
        case "pdf":
            let bytes = try interpreter.awaited { try drawing.pdf { try PNGImage.encode($0.image) } }
            try AtomicFile.write(bytes, to: path, poll: interpreter.checkInterrupt)
        default:
            // A point is a 72nd of an inch; two pixels per point are sharp on a screen.
            let scale = drawing.rasterScale((dpi ?? 144) / 72)
            let bytes = try interpreter.awaited {
                try PNGImage.encode(drawing.raster(scale: scale).image, dpi: scale * 72)
            }
            try AtomicFile.write(bytes, to: path, poll: interpreter.checkInterrupt)
        }
        return .nilValue
    }

    /// The note on characters that a file shows as boxes.
    private func noteMissing(_ characters: [Character], in path: String) {
        if characters.isEmpty { return }
        let shown = characters.prefix(12).map(String.init).joined(separator: " ")
        interpreter.note(
            "\(native.name): \(path) has boxes for \(shown)\(characters.count > 12 ? " …" : ""), which the font of PNG "
                + "and PDF files lacks; .svg files and reports show them")
    }
}

extension Pixels {
    var image: RGBImage {
        get throws { try RGBImage(width: width, height: height, bytes: bytes) }
    }
}
