// Drawings as PDF documents of one page, 1.7, from the same elements as SVG. Text stays text: it is set in
// Helvetica, which every reader has; the characters that its encoding lacks are drawn as outlines that carry the text.

import SegSystem

extension Drawing {
    /// The drawing as a PDF document.
    ///
    /// - Parameter encodePNG: returns the bytes of a PNG file of a picture, 8-bit RGB and not interlaced, whose
    ///   compressed rows a PDF can hold as they are.
    public func pdf(encodePNG: (Pixels) throws -> [UInt8]) rethrows -> [UInt8] {
        var page = PDFPage(height: height)
        for element in elements { try page.draw(element, encodePNG) }
        return page.document(width: width, height: height)
    }
}

private struct PDFPage {
    /// y grows downwards in drawings, upwards in PDF.
    let height: Double
    private var content: [UInt8] = []
    /// The pictures: the entries of their dictionaries, and their data.
    private var pictures: [(dictionary: String, data: [UInt8])] = []
    /// The opacities in use, in percent.
    private var opacities: [Int] = []

    init(height: Double) { self.height = height }

    mutating func draw(_ element: Drawing.Element, _ encodePNG: (Pixels) throws -> [UInt8]) rethrows {
        switch element {
        case .rule(let start, let end, let stroke):
            add("\(line(stroke)) 0 J \(at(start)) m \(at(end)) l S")
        case .polyline(let points, let stroke):
            add("\(line(stroke)) \(stroke.dashes.isEmpty ? "1" : "0") J 1 j \(path(points)) S")
        case .polygon(let points, let color, let opacity):
            if opacity < 1 { add("q /\(state(opacity)) gs") }
            add("\(fill(color)) \(path(points)) f")
            if opacity < 1 { add("Q") }
        case .rectangle(let corner, let width, let height, let color):
            let low = Drawing.Point(corner.x, corner.y + height)
            add("\(fill(color)) \(at(low)) \(number(width)) \(number(height)) re f")
        case .circle(let center, let radius, let color): circle(center, radius, color)
        case .text(let text, let point, let lettering): self.text(text, point, lettering)
        case .picture(let picture, let corner, let width, let height):
            guard let image = PNGRows(try encodePNG(picture)) else { return }
            pictures.append(
                (
                    "/Type /XObject /Subtype /Image /Width \(picture.width) /Height \(picture.height) "
                        + "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode /DecodeParms "
                        + "<< /Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns \(picture.width) >>",
                    image.data
                ))
            let low = Drawing.Point(corner.x, corner.y + height)
            add("q \(number(width)) 0 0 \(number(height)) \(at(low)) cm /P\(pictures.count - 1) Do Q")
        }
    }

    private mutating func add(_ text: String) {
        content += Array(text.utf8)
        content.append(UInt8(ascii: "\n"))
    }

    // MARK: Lines and areas

    private func number(_ value: Double) -> String { Drawing.decimal(value) }
    private func at(_ point: Drawing.Point) -> String { "\(number(point.x)) \(number(height - point.y))" }

    private func path(_ points: [Drawing.Point]) -> String {
        points.enumerated().map { "\(at($1)) \($0 == 0 ? "m" : "l")" }.joined(separator: " ")
    }

    private func color(_ color: RGB) -> String {
        [color.red, color.green, color.blue].map { number(Double($0) / 255) }.joined(separator: " ")
    }
    private func fill(_ color: RGB) -> String { self.color(color) + " rg" }

    private func line(_ stroke: Drawing.Stroke) -> String {
        let dashes = stroke.dashes.map(number).joined(separator: " ")
        return "\(color(stroke.color)) RG \(number(stroke.width)) w [\(dashes)] 0 d"
    }

    /// Four Bézier curves, which differ from a circle by less than a thousandth of the radius.
    private mutating func circle(_ center: Drawing.Point, _ radius: Double, _ color: RGB) {
        let k = radius * 0.5523
        func p(_ x: Double, _ y: Double) -> String { at(.init(center.x + x, center.y + y)) }
        add(
            "\(fill(color)) \(p(radius, 0)) m "
                + "\(p(radius, k)) \(p(k, radius)) \(p(0, radius)) c "
                + "\(p(-k, radius)) \(p(-radius, k)) \(p(-radius, 0)) c "
                + "\(p(-radius, -k)) \(p(-k, -radius)) \(p(0, -radius)) c "
                + "\(p(k, -radius)) \(p(radius, -k)) \(p(radius, 0)) c f")
    }

    private mutating func state(_ opacity: Double) -> String {
        let percent = Int(rounding: opacity * 100, within: 0...100)
        if !opacities.contains(percent) { opacities.append(percent) }
        return "A\(percent)"
    }

    // MARK: Text

    /// A part of a text that is of Helvetica's characters, with their bytes, or without any of them.
    private struct Run {
        var text: String
        var bytes: [UInt8]?

        func width(_ lettering: Drawing.Lettering) -> Double {
            bytes.map { Helvetica.width(of: $0, isBold: lettering.isBold) * lettering.size / 1000 }
                ?? Typeface.width(of: text, size: lettering.size, isBold: lettering.isBold)
        }
    }

    private static func runs(_ text: String) -> [Run] {
        var runs: [Run] = []
        for character in text {
            let bytes = Helvetica.encoded(String(character))
            if let last = runs.last, (last.bytes == nil) == (bytes == nil) {
                runs[runs.count - 1].text.append(character)
                runs[runs.count - 1].bytes? += bytes ?? []
            } else {
                runs.append(Run(text: String(character), bytes: bytes))
            }
        }
        return runs
    }

    private mutating func text(_ text: String, _ point: Drawing.Point, _ lettering: Drawing.Lettering) {
        let runs = PDFPage.runs(text)
        let width = runs.reduce(0) { $0 + $1.width(lettering) }
        var place = -(lettering.anchor == .start ? 0 : lettering.anchor == .middle ? width / 2 : width)
        for run in runs {
            let start =
                lettering.isUpright
                ? Drawing.Point(point.x, point.y - place) : Drawing.Point(point.x + place, point.y)
            if let bytes = run.bytes {
                letters(bytes, start, lettering)
            } else {
                outlines(run.text, start, lettering)
            }
            place += run.width(lettering)
        }
    }

    private mutating func letters(_ bytes: [UInt8], _ start: Drawing.Point, _ lettering: Drawing.Lettering) {
        let turn = lettering.isUpright ? "0 1 -1 0" : "1 0 0 1"
        let digits = Array("0123456789abcdef")
        let code = String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        add(
            "BT /\(lettering.isBold ? "B" : "R") \(number(lettering.size)) Tf \(fill(lettering.color)) "
                + "\(turn) \(at(start)) Tm <\(code)> Tj ET")
    }

    private mutating func outlines(_ text: String, _ point: Drawing.Point, _ lettering: Drawing.Lettering) {
        let contours = Typeface.contours(of: text, size: lettering.size, isBold: lettering.isBold)
        add("/Span << /ActualText <\(PDFPage.utf16(text))> >> BDC \(fill(lettering.color))")
        for contour in contours {
            let placed = contour.map { corner in
                lettering.isUpright
                    ? Drawing.Point(point.x + corner.y, point.y - corner.x)
                    : Drawing.Point(point.x + corner.x, point.y + corner.y)
            }
            add("\(path(placed)) h")
        }
        add("f EMC")
    }

    /// Text as UTF-16 with its mark, in hexadecimal digits.
    private static func utf16(_ text: String) -> String {
        "feff"
            + text.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }.joined()
    }

    // MARK: The document

    /// The objects of the document with the table of their places.
    func document(width: Double, height: Double) -> [UInt8] {
        var bytes = Array(
            "%PDF-1.7\n%\u{e2}\u{e3}\n".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        var places: [Int] = []
        func object(_ dictionary: String, _ data: [UInt8]? = nil) {
            places.append(bytes.count)
            let length = data.map { " /Length \($0.count)" } ?? ""
            bytes += Array("\(places.count) 0 obj\n<< \(dictionary)\(length) >>\n".utf8)
            if let data { bytes += Array("stream\n".utf8) + data + Array("\nendstream\n".utf8) }
            bytes += Array("endobj\n".utf8)
        }
        let font = "/Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding /BaseFont"
        let images = pictures.indices.map { "/P\($0) \($0 + 7) 0 R" }.joined(separator: " ")
        let states = opacities.map { "/A\($0) << /ca \(number(Double($0) / 100)) >>" }.joined(separator: " ")
        object("/Type /Catalog /Pages 2 0 R")
        object("/Type /Pages /Kids [3 0 R] /Count 1")
        object(
            "/Type /Page /Parent 2 0 R /MediaBox [0 0 \(number(width)) \(number(height))] /Contents 4 0 R "
                + "/Resources << /Font << /R 5 0 R /B 6 0 R >> /XObject << \(images) >> "
                + "/ExtGState << \(states) >> >>")
        object("", content)
        object("\(font) /Helvetica")
        object("\(font) /Helvetica-Bold")
        for picture in pictures { object(picture.dictionary, picture.data) }
        let table = bytes.count
        var end = "xref\n0 \(places.count + 1)\n0000000000 65535 f \n"
        for place in places {
            let digits = String(place)
            end += String(repeating: "0", count: max(10 - digits.utf8.count, 0)) + digits + " 00000 n \n"
        }
        end += "trailer\n<< /Size \(places.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
        return bytes + Array(end.utf8)
    }
}

/// The compressed rows of a PNG file: its IDAT chunks, joined.
private struct PNGRows {
    let data: [UInt8]

    /// nil unless the file is 8-bit RGB and not interlaced.
    init?(_ file: [UInt8]) {
        func word(_ place: Int) -> Int { file[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) } }
        guard file.count > 33, file[24] == 8, file[25] == 2, file[28] == 0 else { return nil }
        var data: [UInt8] = []
        var place = 8
        while place + 12 <= file.count {
            let size = word(place)
            guard size <= file.count - place - 12 else { return nil }
            if file[(place + 4)..<(place + 8)].elementsEqual("IDAT".utf8) {
                data += file[(place + 8)..<(place + 8 + size)]
            }
            place += size + 12
        }
        self.data = data
    }
}

/// Helvetica, one of the fonts of every PDF reader: its encoding by Windows' code page 1252 and its widths,
/// from Adobe's published metrics.
private enum Helvetica {
    /// The widths of the characters from space to ~ in thousandths of the size.
    private static let regular = widths(
        """
        278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 \
        278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 \
        611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 \
        556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584
        """)
    private static let bold = widths(
        """
        278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 \
        333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 \
        611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 \
        611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584
        """)

    private static func widths(_ text: String) -> [Double] {
        text.split(separator: " ").map { Double($0) ?? 556 }
    }

    /// The characters of code page 1252 from 0x80 on that are not Latin-1's; a minus sign is its dash.
    private static let others: [(Character, UInt8, Double)] = [
        ("€", 0x80, 556), ("‚", 0x82, 222), ("ƒ", 0x83, 556), ("„", 0x84, 333), ("…", 0x85, 1000),
        ("†", 0x86, 556), ("‡", 0x87, 556), ("ˆ", 0x88, 333), ("‰", 0x89, 1000), ("Š", 0x8A, 667),
        ("‹", 0x8B, 333), ("Œ", 0x8C, 1000), ("Ž", 0x8E, 611), ("‘", 0x91, 222), ("’", 0x92, 222),
        ("“", 0x93, 333), ("”", 0x94, 333), ("•", 0x95, 350), ("–", 0x96, 556), ("—", 0x97, 1000),
        ("˜", 0x98, 333), ("™", 0x99, 1000), ("š", 0x9A, 500), ("›", 0x9B, 333), ("œ", 0x9C, 944),
        ("ž", 0x9E, 500), ("Ÿ", 0x9F, 667), ("−", 0x96, 556),
    ]

    /// The bytes of a text; nil if it has other characters.
    static func encoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for character in text {
            if let code = others.first(where: { $0.0 == character })?.1 {
                bytes.append(code)
            } else if let scalar = composed(character), scalar < 0x7F && scalar >= 0x20 || scalar >= 0xA0,
                scalar <= 0xFF
            {
                bytes.append(UInt8(scalar))
            } else {
                return nil
            }
        }
        return bytes
    }

    /// The code of a character of one scalar.
    private static func composed(_ character: Character) -> UInt32? {
        character.unicodeScalars.count == 1 ? character.unicodeScalars.first?.value : nil
    }

    /// The width of an encoded text in thousandths of its size.
    static func width(of bytes: [UInt8], isBold: Bool) -> Double {
        bytes.reduce(0) { $0 + width(of: $1, isBold ? bold : regular) }
    }

    private static func width(of byte: UInt8, _ table: [Double]) -> Double {
        if byte < 0x7F { return table[Int(byte) - 0x20] }
        if let width = others.first(where: { $0.1 == byte })?.2 { return width }
        switch byte {
        case 0xA0: return 278
        case 0xC6: return 1000
        case 0xE6: return 889
        case 0xA9, 0xAE: return 737
        case 0xB0, 0xBA: return byte == 0xB0 ? 400 : 365
        case 0xB1, 0xD7, 0xF7, 0xAC: return 584
        case 0xB2, 0xB3, 0xB9: return 333
        case 0xB7, 0xA1: return 278
        case 0xBC...0xBE: return 834
        default:
            // Letters with accents are as wide as those without.
            return accented(byte).map { table[Int($0) - 0x20] } ?? 556
        }
    }

    /// The letter below the accent, for 0xC0 to 0xFF.
    private static func accented(_ byte: UInt8) -> UInt8? {
        let letters = Array("AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPsaaaaaaaceeeeiiiionooooo/ouuuuypy".utf8)
        return byte >= 0xC0 ? letters[Int(byte) - 0xC0] : nil
    }
}
