// Drawings as SVG text: valid XML for all names and numbers. Pictures need a PNG encoder, which this
// module does not have.

import SegSystem

extension Drawing {
    /// The drawing as an SVG document.
    ///
    /// - Parameter encodePNG: returns the bytes of a PNG file of a picture.
    public func svg(encodePNG: (Pixels) throws -> [UInt8]) rethrows -> String {
        let (w, h) = (Drawing.decimal(width), Drawing.decimal(height))
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \
            width="\(w)" height="\(h)" viewBox="0 0 \(w) \(h)" \
            font-family="Aileron, Helvetica, Arial, 'Liberation Sans', 'Noto Sans', sans-serif">
            <rect width="100%" height="100%" fill="#ffffff"/>

            """
        for element in elements {
            text += try SVG.element(element, encodePNG)
            text += "\n"
        }
        return text + "</svg>\n"
    }
}

private enum SVG {
    static func element(
        _ element: Drawing.Element, _ encodePNG: (Pixels) throws -> [UInt8]
    ) rethrows -> String {
        switch element {
        case .rule(let start, let end, let stroke):
            return "<line x1=\"\(number(start.x))\" y1=\"\(number(start.y))\" x2=\"\(number(end.x))\" "
                + "y2=\"\(number(end.y))\" \(attributes(stroke)) shape-rendering=\"crispEdges\"/>"
        case .polyline(let points, let stroke):
            return "<polyline points=\"\(list(points))\" fill=\"none\" \(attributes(stroke)) "
                + "stroke-linejoin=\"round\" stroke-linecap=\"\(stroke.dashes.isEmpty ? "round" : "butt")\"/>"
        case .polygon(let points, let color, let opacity):
            let alpha = opacity < 1 ? " fill-opacity=\"\(number(opacity))\"" : ""
            return "<polygon points=\"\(list(points))\" fill=\"\(color.hex)\"\(alpha)/>"
        case .rectangle(let corner, let width, let height, let color):
            return
                "<rect \(box(corner, width, height)) fill=\"\(color.hex)\" shape-rendering=\"crispEdges\"/>"
        case .circle(let center, let radius, let color):
            return "<circle cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" r=\"\(number(radius))\" "
                + "fill=\"\(color.hex)\"/>"
        case .text(let text, let point, let lettering):
            let turn =
                lettering.isUpright
                ? " transform=\"rotate(-90 \(number(point.x)) \(number(point.y)))\"" : ""
            let weight = lettering.isBold ? " font-weight=\"600\"" : ""
            let width = Typeface.width(of: text, size: lettering.size, isBold: lettering.isBold)
            let fitted =
                lettering.isFitted
                ? " textLength=\"\(number(width))\" lengthAdjust=\"spacingAndGlyphs\"" : ""
            return "<text x=\"\(number(point.x))\" y=\"\(number(point.y))\" "
                + "font-size=\"\(number(lettering.size))\" fill=\"\(lettering.color.hex)\" "
                + "text-anchor=\"\(lettering.anchor.rawValue)\"\(weight)\(fitted)\(turn)>\(escaped(text))</text>"
        case .picture(let picture, let corner, let width, let height):
            let bytes = try encodePNG(picture)
            // A few large pixels are shown as they are, many small ones are smoothed.
            let isCoarse = width > Double(picture.width) * 1.5
            return "<image \(box(corner, width, height)) preserveAspectRatio=\"none\""
                + (isCoarse ? " style=\"image-rendering:pixelated\"" : "")
                + " xlink:href=\"data:image/png;base64,\(Base64.text(bytes))\"/>"
        }
    }

    private static func attributes(_ stroke: Drawing.Stroke) -> String {
        let dashes =
            stroke.dashes.isEmpty
            ? "" : " stroke-dasharray=\"\(stroke.dashes.map(number).joined(separator: " "))\""
        return "stroke=\"\(stroke.color.hex)\" stroke-width=\"\(number(stroke.width))\"\(dashes)"
    }

    private static func box(_ corner: Drawing.Point, _ width: Double, _ height: Double) -> String {
        "x=\"\(number(corner.x))\" y=\"\(number(corner.y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\""
    }

    private static func list(_ points: [Drawing.Point]) -> String {
        points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
    }

    private static func number(_ value: Double) -> String { Drawing.decimal(value) }

    /// Text as XML content. Control characters are already escaped (`Drawing.text`); the two noncharacters
    /// that XML 1.0 forbids are replaced.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
