// PNG files of every kind, and broken ones.

import SegImaging
import SegSystem
import SegTensor
import TestSupport
import Testing

@preconcurrency import Glibc

@Suite struct PNGImageTests {
    @Test func picturesComeBack() throws {
        let image = try formulaPicture()
        #expect(try PNGImage.read(bytes: PNGImage.encode(image), name: "a") == image)
        let mask = try numberedMask(width: 8, height: 4)
        let file = try PNGImage.encode(mask, palette: .camVid)
        for source in [MaskRule.Source.index, .color] {
            let rule = try MaskRule(ClassTable(.camVid), by: source, maker: "camseq")
            #expect(try rule.readMask(bytes: file, name: "a") == mask)
        }
    }

    @Test func everyKindIsReadAsPillowReadsIt() throws {
        func rgb(_ depth: UInt8, _ type: UInt8, _ row: [UInt8], palette: [UInt8] = []) throws -> [UInt8] {
            let width = type == 2 || type == 6 || depth >= 8 ? 1 : 2
            let file = pngFile(
                width: width, height: 1, depth: depth, type: type, rows: [row], palette: palette, gamma: true)
            return try PNGImage.read(bytes: file, name: "a").bytes
        }
        #expect(try rgb(8, 2, [1, 2, 3]) == [1, 2, 3])
        #expect(try rgb(16, 2, [1, 99, 2, 99, 3, 99]) == [1, 2, 3])
        #expect(try rgb(8, 6, [1, 2, 3, 0]) == [1, 2, 3])
        #expect(try rgb(8, 4, [7, 0]) == [7, 7, 7])
        #expect(try rgb(8, 0, [7]) == [7, 7, 7])
        #expect(try rgb(4, 0, [0x1f]) == [17, 17, 17, 255, 255, 255])
        #expect(try rgb(2, 3, [0b01_10_0000], palette: [0, 0, 0, 1, 2, 3, 4, 5, 6]) == [1, 2, 3, 4, 5, 6])
    }

    /// Rows in which most bytes are as predicted, as in masks; eight such pixels are decoded at once.
    @Test func everyFilterIsUndone() throws {
        var state: UInt32 = 1
        func random(_ limit: Int) -> Int {
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int(state >> 16) % limit
        }
        for (type, step) in [(UInt8(2), 3), (UInt8(6), 4)] {
            for width in [1, 7, 8, 9, 16, 33, 60] {
                let height = 20
                let rows = (0..<height).map { _ in
                    (0..<width * step).map { _ in UInt8(random(24) == 0 ? random(256) : 0) }
                }
                let filters = (0..<height).map { _ in UInt8(random(5)) }
                let file = pngFile(
                    width: width, height: height, depth: 8, type: type, rows: rows, filters: filters)
                var expected: [UInt8] = []
                var prior = [UInt8](repeating: 0, count: width * step)
                for (row, filter) in zip(rows, filters) {
                    var bytes = row
                    for i in bytes.indices {
                        let left = i < step ? 0 : Int(bytes[i - step])
                        let above = Int(prior[i])
                        let diagonal = i < step ? 0 : Int(prior[i - step])
                        let p = left + above - diagonal
                        let nearest = [left, above, diagonal].min { abs(p - $0) < abs(p - $1) } ?? 0
                        let predicted = [0, left, above, (left + above) / 2, nearest][Int(filter)]
                        bytes[i] = UInt8(truncatingIfNeeded: Int(row[i]) + predicted)
                    }
                    expected += stride(from: 0, to: bytes.count, by: step).flatMap { bytes[$0..<$0 + 3] }
                    prior = bytes
                }
                #expect(try PNGImage.read(bytes: file, name: "a").bytes == expected)
            }
        }
    }

    @Test func headersAreReadAlone() throws {
        let file = pngFile(width: 3, height: 2, depth: 8, type: 3, rows: [], palette: [0, 0, 0])
        let folder = try ScratchFolder()
        let path = "\(folder.path)/a.png"
        try AtomicFile.write(file, to: path)
        #expect(try PictureFile.size(ofFile: path) == (3, 2))
    }

    @Test func whatIsNoPictureSaysSo() {
        func said(_ bytes: [UInt8]) -> String {
            complaint { _ = try PictureFile.read(bytes: bytes, name: "a.png") }
        }
        #expect(said([]) == "file: cannot read a.png: the file is empty")
        #expect(said(Array("GIF89a".utf8)).contains("it is a GIF picture | seg reads PNG and JPEG"))
        #expect(said(Array("version https://git-lfs.github.com/spec/v1".utf8)).contains("pointer of Git LFS"))
        #expect(said(Array("hello".utf8)) == "file: cannot read a.png: it is not a PNG file")
        let good = pngFile(width: 1, height: 1, depth: 8, type: 2, rows: [[1, 2, 3]])
        #expect(said(Array(good.dropLast(14))) == "file: cannot read a.png: the file is cut off")
        // A kilobyte cannot hold 800 million pixels, and the check takes no memory.
        #expect(
            said(pngFile(width: 16000, height: 16000, depth: 8, type: 2, rows: [[1]])).contains(
                "too small for the size"))
        #expect(
            said(pngFile(width: 100_000, height: 100_000, depth: 1, type: 0, rows: [[1]])).contains(
                "2^28 pixels"))
        #expect(
            said(pngFile(width: 2, height: 2, depth: 8, type: 2, rows: [[1, 2, 3, 4, 5, 6]])).contains(
                "cannot read a.png"))
    }

    @Test func brokenFilesNeverCrash() throws {
        let files = try [
            PNGImage.encode(formulaPicture()), PNGImage.encode(numberedMask(), palette: .camVid),
            pngFile(width: 3, height: 1, depth: 4, type: 0, rows: [[0x12, 0x30]]),
            pngFile(
                width: 2, height: 1, depth: 8, type: 3, rows: [[0, 1]], palette: [0, 0, 0, 1, 1, 1],
                transparency: [255, 0]),
            pngFile(width: 2, height: 1, depth: 16, type: 0, rows: [[0, 1, 0, 2]], transparency: [0, 1]),
            pngFile(
                width: 1, height: 1, depth: 8, type: 2, rows: [[1, 2, 3]], transparency: [0, 1, 0, 2, 0, 3]),
        ]
        var state: UInt64 = 7
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        let rule = try MaskRule(ClassTable(.camVid), by: .color, maker: "camseq")
        for file in files {
            for length in 0..<file.count {
                let said = complaint { _ = try PNGImage.read(bytes: Array(file[..<length]), name: "a") }
                #expect(said.hasPrefix("file: "), "cut to \(length): \(said)")
            }
            for _ in 0..<1000 {
                var broken = file
                for _ in 0...random(3) { broken[random(broken.count)] = UInt8(random(256)) }
                let said = complaint {
                    _ = try PNGImage.read(bytes: broken, name: "a")
                    _ = try rule.readMask(bytes: broken, name: "a")
                }
                #expect(!said.hasPrefix("another"))
            }
        }
    }
}
