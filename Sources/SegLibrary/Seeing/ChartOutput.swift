// The destination of charts: the terminal, or a file whose format is given by its name.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

extension Interpreter {
    /// The capabilities of the terminal.
    var style: TerminalStyle {
        TerminalStyle.detect(
            isTerminal: terminal.isInteractive, size: (terminal.width, terminal.height), allowsColor: terminal.hasColor,
            environment: Environment.variable)
    }

    func print(_ lines: [String]) {
        removeProgress()
        output(lines.joined(separator: "\n") + "\n")
    }
}

extension Arguments {
    /// Prints a chart, or draws it into the file that the argument `place` (`save=`) names. A chart without
    /// content is not written.
    func present(_ chart: some Chart, save place: Int) throws -> Value {
        guard let path = try optionalString(place) else {
            interpreter.print(chart.lines(interpreter.style))
            return .nilValue
        }
        guard path.hasSuffix(".svg") || path.hasSuffix(".png") else {
            throw Failure(
                .value, "\(native.name): save must be a name that ends in .png or .svg, not \"\(path)\"",
                argument: place)
        }
        if let emptiness = chart.emptiness {
            throw Failure(.value, "\(native.name): \(emptiness), so \(path) is not written", argument: 0)
        }
        if path.hasSuffix(".svg") {
            try AtomicFile.write(chart.drawing.svg { try PNGImage.encode($0.image) }, to: path)
        } else {
            try PictureFile.write(chart.drawing.raster().image, to: path)
        }
        return .nilValue
    }
}

extension Pixels {
    fileprivate var image: RGBImage {
        get throws { try RGBImage(width: width, height: height, bytes: bytes) }
    }
}
