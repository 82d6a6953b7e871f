// Resizing, rotation and light against Pillow's numbers (13.0) for pictures made by a formula.

import SegImaging
import SegTensor
import Testing

@Suite struct GeometryTests {
    private func worst(_ image: RGBImage, _ expected: [UInt8]) -> Int {
        guard image.bytes.count == expected.count else { return 256 }
        return zip(image.bytes, expected).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }

    @Test func picturesAreResizedAsPillowDoes() throws {
        let image = try formulaPicture()
        #expect(
            try image.resized(width: 3, height: 2).bytes == [
                108, 136, 143, 135, 132, 140, 131, 130, 131, 117, 145, 117, 127, 124, 113, 106, 134, 120,
            ])
        let wide: [UInt8] = [
            39, 92, 145, 67, 120, 173, 99, 152, 157, 131, 160, 128, 164, 107, 160, 111, 140, 193, 119, 172,
            144, 152,
            156, 112, 180, 86, 139, 125, 178, 89, 164, 123, 128, 147, 121, 124, 114, 142, 106, 160, 99, 152,
            117, 145,
            87, 138, 112, 102, 136, 95, 129, 81, 134, 130, 69, 122, 175, 120, 173, 128, 114, 167, 90, 92, 121,
            89, 152,
            95, 148, 126, 154, 94, 79, 132, 120, 73, 126, 143, 124, 177, 121,
        ]
        #expect(worst(try image.resized(width: 9, height: 3), wide) <= 1)
        #expect(try image.resized(width: 7, height: 5) == image)
    }

    @Test func masksTakeTheNearestPixel() throws {
        let mask = try numberedMask()
        #expect(try mask.resized(width: 3, height: 2).bytes == [8, 10, 12, 22, 24, 26])
        #expect(
            try mask.resized(width: 10, height: 2).bytes == [
                7, 8, 8, 9, 10, 10, 11, 12, 12, 13, 21, 22, 22, 23, 24, 24, 25, 26, 26, 27,
            ])
    }

    @Test func sizesThatCannotBe() throws {
        let image = try formulaPicture()
        #expect(
            complaint { _ = try image.resized(width: 0, height: 5) }
                == "value: a picture cannot have the size 5 x 0")
        #expect(complaint { _ = try image.resized(width: 1 << 15, height: 1 << 15) }.contains("too large"))
        #expect(
            complaint { _ = try RGBImage(width: 2, height: 2, bytes: [1]) }.contains("has 12 bytes, not 1"))
        #expect(complaint { _ = try MaskImage(width: .max, height: .max, bytes: []) }.contains("too large"))
        #expect(try resizedSize(shorter: 520, width: 960, height: 720) == (693, 520))
        #expect(try resizedSize(shorter: 10, width: 3, height: 4) == (10, 13))
    }

    @Test func turns() throws {
        let image = try formulaPicture()
        let expected: [UInt8] = [
            0, 0, 0, 0, 0, 0, 115, 168, 221, 115, 168, 221, 94, 147, 148, 101, 135, 188, 0, 0, 0, 33, 86, 139,
            80, 133,
            159, 173, 123, 117, 131, 73, 109, 132, 126, 76, 168, 51, 96, 123, 176, 67, 62, 115, 168, 151, 204,
            189, 122,
            158, 100, 103, 156, 209, 110, 145, 88, 92, 145, 198, 101, 154, 130, 124, 177, 136, 213, 96, 98,
            121, 115,
            108, 176, 118, 60, 146, 96, 115, 124, 177, 60, 8, 61, 114, 0, 0, 0, 79, 113, 116, 112, 165, 140,
            52, 105, 89,
            84, 137, 190, 0, 0, 0, 0, 0, 0,
        ]
        #expect(worst(try image.rotated(degrees: 30), expected) <= 1)
        #expect(worst(try image.rotated(degrees: -330), expected) <= 1)
        let mask = try numberedMask()
        #expect(
            try mask.rotated(degrees: 30, fill: 99).bytes == [
                99, 99, 3, 4, 12, 13, 99, 1, 2, 10, 11, 18, 19, 27, 7, 8, 16, 17, 25, 26, 34, 7, 15, 16, 24,
                24, 32, 33,
                99, 21, 22, 30, 31, 99, 99,
            ])
        let square = try mask.resized(width: 3, height: 3)
        #expect(try square.rotated(degrees: 90, fill: 0).bytes == [5, 19, 33, 3, 17, 31, 1, 15, 29])
        #expect(try square.rotated(degrees: -90, fill: 0).bytes == [29, 15, 1, 31, 17, 3, 33, 19, 5])
        #expect(try mask.rotated(degrees: 180, fill: 0).bytes == mask.bytes.reversed())
        #expect(try mask.rotated(degrees: 720, fill: 0) == mask)
        #expect(complaint { _ = try image.rotated(degrees: .nan) }.contains("cannot be rotated"))
    }

    @Test func flipsAreTheirOwnInverse() throws {
        let image = try formulaPicture()
        let mask = try numberedMask()
        #expect(mask.flippedHorizontally().bytes[..<7] == [6, 5, 4, 3, 2, 1, 0])
        #expect(mask.flippedVertically().bytes[..<7] == [28, 29, 30, 31, 32, 33, 34])
        #expect(Array(image.flippedHorizontally().bytes[18..<21]) == Array(image.bytes[..<3]))
        #expect(image.flippedHorizontally().flippedHorizontally() == image)
        #expect(image.flippedVertically().flippedVertically() == image)
    }

    @Test func lightAndColour() throws {
        let row = try formulaPicture(width: 4, height: 1)
        #expect(try row.brightness(1.3).bytes == [0, 68, 137, 48, 116, 185, 96, 165, 233, 144, 213, 255])
        #expect(try row.saturation(0.4).bytes == [25, 47, 68, 62, 84, 105, 99, 121, 142, 136, 158, 179])
        #expect(try row.saturation(1.5).bytes == [0, 58, 137, 15, 95, 174, 52, 132, 211, 89, 169, 248])
        // One rounding instead of two, as some processors can, would give 57 for the last.
        let pixel = try RGBImage(width: 1, height: 1, bytes: [235, 100, 10])
        #expect(try pixel.saturation(0.6).bytes == [193, 112, 58])
        let noise = (0..<12).map { Float($0 % 3 - 1) * 100 }
        #expect(
            try row.noisy(sigma: 0.1, noise: noise).bytes == [
                0, 53, 255, 0, 90, 255, 0, 127, 255, 0, 164, 255,
            ])
        #expect(try row.noisy(sigma: 0, noise: noise) == row)
        #expect(complaint { _ = try row.noisy(sigma: 0.1, noise: [1]) }.contains("has 1 numbers, not 12"))
        #expect(complaint { _ = try row.brightness(-1) }.contains("brightness cannot be -1.0"))
        #expect(complaint { _ = try row.saturation(.infinity) }.contains("saturation cannot be inf"))
    }

    @Test func framesAreNormalisedByChannel() throws {
        let image = try RGBImage(width: 2, height: 1, bytes: [0, 51, 255, 255, 102, 0])
        let mask = try numberedMask(width: 2, height: 1)
        var frame = Frame(
            name: "a", height: 1, width: 2, imageDigest: Digest("image"), maskDigest: Digest("mask"),
            image: { image }, mask: { mask })
        #expect(try frame.imageTensor().doubles() == [0, 255, 51, 102, 255, 0])
        frame.normalization = try Normalization(mean: [0.5, 0, 0], deviation: [0.5, 1, 2])
        let picture = try frame.imageTensor()
        #expect(picture.shape == [3, 1, 2])
        #expect(try picture.doubles().map { Float($0) } == [-1, 1, 0.2, 0.4, 0.5, 0])
    }
}
