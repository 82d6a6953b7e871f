// What a page in HTML is made of: text, charts and pictures that it contains itself. `report` is made of them.

import SegImaging
import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

let documentNatives: [Native] = [
    Native(
        "html_text(text)",
        "A text as the content of an HTML element or of a quoted attribute. < > & and quotes are escaped, and "
            + "characters that a page must not have are replaced.",
        examples: ["print(html_text(\"<b> & co\"))  # expect: &lt;b&gt; &amp; co"]
    ) { call in
        var result = ""
        for (place, scalar) in try call.string(0).unicodeScalars.enumerated() {
            if place & 0xffff == 0 {
                try call.interpreter.checkInterrupt()
                try call.interpreter.reserve(1 << 18, for: "this text")
            }
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            // Control characters, noncharacters, and marks that turn the direction of what follows.
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{202a}"..."\u{202e}", "\u{2066}"..."\u{2069}":
                result += "\u{fffd}"
            case _ where scalar.value & 0xfffe == 0xfffe || 0xfdd0...0xfdef ~= scalar.value:
                result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return .string(result)
    },
    Native(
        "plot_svg(data, title=nil, x_label=nil, y_label=nil, width=nil, height=nil)",
        "What `plot` draws, as the text of an SVG element for a page. `width` and `height` are in points.",
        examples: ["print(starts_with(plot_svg([3, 2, 1]), \"<svg\"))  # expect: true"]
    ) { call in
        let width = try call.extent(4, file: true, isHeight: false)
        let height = try call.extent(5, file: true, isHeight: true)
        let plots = try call.panels(0).map { panel in
            LinePlot(
                title: try panel.title ?? call.optionalString(1),
                xLabel: try call.optionalString(2) ?? panel.xLabel,
                yLabel: try call.optionalString(3), series: panel.curves)
        }
        let figure = PlotPanels(width: width, height: height, plots)
        let document = try call.interpreter.awaited {
            try figure.drawing.svg { try PNGImage.encode($0.image) }
        }
        // In a page the element needs neither the declaration nor the names of its languages.
        guard let start = document.range(of: "<svg"), let end = document[start...].firstIndex(of: ">") else {
            return .string(document)
        }
        let kept = document[start..<end].split(separator: " ").filter { !$0.hasPrefix("xmlns") }
        return .string(kept.joined(separator: " ") + document[end...])
    },
    Native(
        "picture_url(image, width=nil)",
        "A picture [3, H, W] or a mask [H, W] as a data: URL, for the src of an <img>. It holds the picture as "
            + "PNG, at most `width` pixels wide if that is given. A mask has the colours of its classes.",
        examples: [
            "print(starts_with(picture_url(zeros(3, 4, 6)), \"data:image/png;base64,\"))  # expect: true"
        ]
    ) { call in
        guard let value = call[0].asTensorValue else {
            throw call.needs("a picture or a mask", 0, got: call[0])
        }
        let limit = call.isNil(1) ? Int.max : try call.integer(1, atLeast: 1)
        let isPicture = value.promise.rank >= 3 && value.categories == nil
        let content: PictureSheet.Tile =
            isPicture ? .picture(try Pixels(value.promise)) : .mask(try ClassMask(value))
        // Twice the bytes of a file, at most as many as pixels have; then the text and the copies that it is made from.
        let (width, height) = content.size(atMost: limit)
        try call.interpreter.reserve(2 * 3 * width * height, for: "picture_url")
        let file = try call.interpreter.awaited { try PNGImage.encode(content.pixels(atMost: limit).image) }
        try call.interpreter.reserve(4 * file.count, for: "picture_url")
        return .string(
            try call.interpreter.awaited { "data:image/png;base64," + Base64.text(file) })
    },
]

extension String {
    /// Where a text first occurs.
    fileprivate func range(of text: String) -> String.Index? {
        var place = startIndex
        while place < endIndex {
            if self[place...].hasPrefix(text) { return place }
            place = index(after: place)
        }
        return nil
    }
}
