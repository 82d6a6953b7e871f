// The features of frozen layers on disk: what is read is what was stored, to the bit. Files that are damaged,
// from another program or do not fit are not read.

@preconcurrency import Glibc
import SegSystem
import TestSupport
import Testing

@testable import SegTensor

struct FeatureStoreTests {
    private static func value(_ seed: Int, count: Int = 64) throws -> TensorData {
        try TensorData((0..<count).map { Float($0 * seed) / 7 }, shape: [1, count])
    }

    private static func numbers(_ data: TensorData?) -> [Float]? {
        data.map { Array(UnsafeBufferPointer(start: $0.floats, count: $0.count)) }
    }

    private static func files(_ folder: String) -> [String] {
        ((try? Folder.entries(of: folder)) ?? []).map { "\(folder)/\($0.name)" }
    }

    @Test func keepsAndFindsAcrossStores() throws {
        let scratch = try ScratchFolder()
        defer { withExtendedLifetime(scratch) {} }
        let folder = scratch.path
        let store = FeatureStore(folder: folder, limit: 1 << 20)
        let value = try Self.value(3)
        store.keep(value, Digest("a"))
        #expect(store.entries == 1 && store.bytes > value.byteCount && store.problem == nil)
        let other = FeatureStore(folder: folder, limit: 1 << 20)
        #expect(Self.numbers(other.find(Digest("a"))) == Self.numbers(value))
        #expect(other.find(Digest("b")) == nil)
        other.clear()
        #expect(store.find(Digest("a")) == nil && Self.files(folder).isEmpty)
    }

    /// Links, pipes, and files that others may write are not read, and nothing is stored in a folder of others.
    @Test func filesOfOthersAreNotTaken() throws {
        let scratch = try ScratchFolder()
        let folder = "\(scratch.path)/features"
        let store = FeatureStore(folder: folder, limit: 1 << 20)
        store.keep(try Self.value(3), Digest("a"))
        let path = try #require(Self.files(folder).first)
        #expect(FileStatus(path)?.permissions == 0o600 && FileStatus(folder)?.permissions == 0o700)
        chmod(path, 0o622)
        #expect(store.find(Digest("a")) == nil)
        chmod(path, 0o600)
        #expect(store.find(Digest("a")) != nil)
        rename(path, "\(scratch.path)/elsewhere")
        symlink("\(scratch.path)/elsewhere", path)
        #expect(store.find(Digest("a")) == nil)
        unlink(path)
        mkfifo(path, 0o600)
        #expect(store.find(Digest("a")) == nil)
        chmod(folder, 0o777)
        store.keep(try Self.value(4), Digest("b"))
        #expect(store.find(Digest("b")) == nil && store.problem?.contains("others may write it") == true)
    }

    @Test func aDamagedFileIsNoticedAndRemoved() throws {
        let scratch = try ScratchFolder()
        defer { withExtendedLifetime(scratch) {} }
        let folder = scratch.path
        let store = FeatureStore(folder: folder, limit: 1 << 20)
        let value = try Self.value(5)
        // Every kind of damage: one bit of the content, of the header, a cut, extra bytes, an empty file.
        for damage in 0..<5 {
            store.keep(value, Digest("k"))
            let path = try #require(Self.files(folder).first)
            let file = try #require(fopen(path, "r+b"))
            switch damage {
            case 0: fseek(file, 200, SEEK_SET); fputc(0x55, file)
            case 1: fseek(file, 66, SEEK_SET); fputc(0x7f, file)
            case 2: ftruncate(fileno(file), 150)
            case 3: fseek(file, 0, SEEK_END); fputc(1, file)
            default: ftruncate(fileno(file), 0)
            }
            fclose(file)
            #expect(store.find(Digest("k")) == nil)
            #expect(Self.files(folder).isEmpty)
        }
        store.keep(value, Digest("k"))
        #expect(Self.numbers(store.find(Digest("k"))) == Self.numbers(value))
    }

    @Test func theLongestUnusedGoFirst() throws {
        let scratch = try ScratchFolder()
        defer { withExtendedLifetime(scratch) {} }
        let folder = scratch.path
        let size = try Self.value(1, count: 1000).byteCount + 128
        let store = FeatureStore(folder: folder, limit: 4 * size + 10)
        for number in 0..<4 {
            store.keep(try Self.value(number, count: 1000), Digest("\(number)"))
            usleep(2000)
        }
        _ = store.find(Digest("0"))
        usleep(2000)
        store.keep(try Self.value(9, count: 1000), Digest("9"))
        #expect(store.bytes <= store.limit)
        #expect(store.find(Digest("0")) != nil && store.find(Digest("9")) != nil)
        #expect(store.find(Digest("1")) == nil)
        store.keep(try Self.value(1, count: 5000), Digest("large"))
        #expect(store.find(Digest("large")) == nil)
    }

    @Test func aFolderThatCannotBeWrittenIsToldOf() throws {
        let store = FeatureStore(folder: "/proc/no-such-folder/features", limit: 1 << 20)
        store.keep(try Self.value(1), Digest("a"))
        #expect(store.problem != nil && store.find(Digest("a")) == nil)
    }

    /// Without memory for features every feature goes through the disk, and results are the same to the bit.
    @Test func resultsThroughTheDiskAreTheSame() throws {
        let scratch = try ScratchFolder()
        defer { withExtendedLifetime(scratch) {} }
        let folder = scratch.path
        let weight = Tensor(try TensorData((0..<12).map { Float($0) / 5 - 1 }, shape: [4, 3, 1, 1]))
        let samples = try (0..<3).map { index in
            Tensor(try TensorData((0..<48).map { Float(($0 * 7 + index * 13) % 11) }, shape: [3, 4, 4]))
        }
        func run(_ context: EvaluationContext) throws -> [Float] {
            try EvaluationContext.$current.withValue(context) {
                let y = try Tensor.conv2d(try Tensor.stack(samples), weight)
                let head = try Tensor.variable(Tensor(try TensorData([Float(2)], shape: [1])))
                let out = try y * head
                try Tensor.evaluate([out])
                return try out.doubles().map { Float($0) }
            }
        }
        let plain = try run(EvaluationContext())
        let store = FeatureStore(folder: folder, limit: 1 << 20)
        let first = EvaluationContext(features: FeatureCache(limit: 1, store: store))
        #expect(try run(first) == plain)
        #expect(first.features?.misses == 3 && first.features?.restored == 0 && store.entries == 3)
        let second = EvaluationContext(
            features: FeatureCache(limit: 1 << 20, store: FeatureStore(folder: folder, limit: 1 << 20)))
        #expect(try run(second) == plain)
        #expect(second.features?.misses == 0 && second.features?.restored == 3)
        #expect(try run(second) == plain)
        #expect(second.features?.restored == 3 && second.features?.hits == 6)
    }
}
