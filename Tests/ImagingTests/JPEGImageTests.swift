// JPEG files. They need libturbojpeg0, which `make test` installs.

import SegImaging
import SegSystem
import SegTensor
import TestSupport
import Testing

@Suite struct JPEGImageTests {
    private func file(_ image: RGBImage) throws -> [UInt8] {
        let folder = try ScratchFolder()
        try PictureFile.write(image, to: "\(folder.path)/a.jpg")
        return try FileReader.contents(of: "\(folder.path)/a.jpg")
    }

    /// Four plain quarters: red, green / blue, white, 32 × 16 pixels.
    private func quarters() throws -> RGBImage {
        let colors: [[UInt8]] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
        var bytes: [UInt8] = []
        for pixel in 0..<512 { bytes += colors[Self.quarter(pixel)] }
        return try RGBImage(width: 32, height: 16, bytes: bytes)
    }

    private static func quarter(_ pixel: Int) -> Int {
        let right = pixel % 32 / 16
        let below = pixel / 32 / 8
        return right + 2 * below
    }

    /// The file with an EXIF part that holds an orientation, in either order of bytes.
    private func turned(_ file: [UInt8], _ orientation: UInt8, isLittle: Bool) -> [UInt8] {
        let little: [UInt8] = [
            0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0,
        ]
        let big: [UInt8] = [
            0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ]
        var part: [UInt8] = Array("Exif".utf8)
        part += [0, 0]
        part += isLittle ? little : big
        var result: [UInt8] = [0xff, 0xd8, 0xff, 0xe1, 0, UInt8(part.count + 2)]
        result += part
        result += file.dropFirst(2)
        return result
    }

    /// The nearest plain colour in the middle of each quarter, row by row.
    private func corners(_ image: RGBImage) -> String {
        let names: [([Int], Character)] = [
            ([255, 0, 0], "r"), ([0, 255, 0], "g"), ([0, 0, 255], "b"), ([255, 255, 255], "w"),
        ]
        var text = ""
        for (x, y) in [(1, 1), (3, 1), (1, 3), (3, 3)] {
            let row = image.height * y / 4
            let at = 3 * (row * image.width + image.width * x / 4)
            let pixel = image.bytes[at..<at + 3].map { Int($0) }
            func distance(_ color: [Int]) -> Int {
                var sum = 0
                for channel in 0..<3 { sum += abs(color[channel] - pixel[channel]) }
                return sum
            }
            text.append(names.min { distance($0.0) < distance($1.0) }?.1 ?? "?")
        }
        return text
    }

    @Test func picturesComeBackNearly() throws {
        let image = try quarters()
        let again = try PictureFile.read(bytes: file(image), name: "a.jpg")
        #expect(again.width == 32 && again.height == 16)
        let differences = zip(image.bytes, again.bytes).map { abs(Int($0) - Int($1)) }
        #expect(differences.allSatisfy { $0 <= 3 })
    }

    @Test func onesThatAreTooLargeAreNamed() throws {
        var bytes = try file(quarters())
        let header = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xff, 0xc0]) })
        bytes.replaceSubrange(header + 5..<header + 9, with: [0x75, 0x30, 0x75, 0x30])
        let folder = try ScratchFolder()
        let path = "\(folder.path)/large.jpg"
        try AtomicFile.write(bytes, to: path)
        let wanted = "file: cannot read \(path): it has 30000 x 30000 pixels, and the limit is 2^28"
        #expect(complaint { _ = try PictureFile.size(ofFile: path) } == wanted)
        #expect(complaint { _ = try PictureFile.read(path) } == wanted)
    }

    @Test func picturesAreUpright() throws {
        let plain = try file(quarters())
        let wanted = ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"]
        for (place, corners) in wanted.enumerated() {
            for isLittle in [true, false] {
                let bytes = turned(plain, UInt8(place + 1), isLittle: isLittle)
                let image = try PictureFile.read(bytes: bytes, name: "a.jpg")
                #expect(self.corners(image) == corners, "orientation \(place + 1)")
                #expect((image.width, image.height) == (place < 4 ? (32, 16) : (16, 32)))
                let folder = try ScratchFolder()
                try AtomicFile.write(bytes, to: "\(folder.path)/a.jpg")
                #expect(try PictureFile.size(ofFile: "\(folder.path)/a.jpg") == (image.width, image.height))
            }
        }
        // A number that EXIF does not have, and a directory that ends early.
        #expect(try PictureFile.read(bytes: turned(plain, 9, isLittle: true), name: "a").width == 32)
    }

    @Test func aTurnedFrameNeedsATurnedMask() throws {
        let tree = try ScratchFolder()
        try tree.file("a.jpg", turned(try file(quarters()), 6, isLittle: true))
        try tree.picture("a_L.png", width: 32, height: 16)
        let said = complaint { _ = try FrameFolder.camSeq(tree.path, camSeqOptions) }
        #expect(said.contains("a_L.png is 16 x 32, but its frame") && said.contains("EXIF says"))
        try tree.picture("a_L.png", width: 16, height: 32)
        #expect(try FrameFolder.camSeq(tree.path, camSeqOptions).pairs[0].readImage().width == 16)
    }

    @Test func masksSavedAsJPEG() throws {
        let tree = try ScratchFolder()
        try tree.picture("a.png", width: 32, height: 16)
        try tree.file("a_L.jpg", file(quarters()))
        try tree.write("255 0 0 R\n0 255 0 G\n0 0 255 B\n255 255 255 W", to: "label_colors.txt")
        let plain = try FrameFolder.camSeq(tree.path, camSeqOptions)
        #expect(
            complaint { _ = try plain.pairs[0].readMask(plain.rule) }.contains(
                "levels from the colour of a class"))
        let options = MaskOptions(maker: "camseq", strays: .nearest)
        let near = try FrameFolder.camSeq(tree.path, options)
        let mask = try near.pairs[0].readMask(near.rule)
        #expect(mask.bytes == (0..<512).map { UInt8(Self.quarter($0)) })
        #expect(near.about.contains("other colours as the nearest class"))
    }

    @Test func brokenFilesNeverCrash() throws {
        let good = turned(try file(quarters()), 6, isLittle: false)
        for length in 3..<good.count {
            let said = complaint { _ = try PictureFile.read(bytes: Array(good[..<length]), name: "a.jpg") }
            #expect(
                said.hasPrefix("file: cannot read a.jpg: ") || length > good.count - 4,
                "cut to \(length): \(said)")
        }
        var state: UInt64 = 7
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        for _ in 0..<1000 {
            var broken = good
            for _ in 0...random(3) { broken[3 + random(broken.count - 3)] = UInt8(random(256)) }
            let said = complaint { _ = try PictureFile.read(bytes: broken, name: "a") }
            #expect(!said.hasPrefix("another"))
        }
    }
}
