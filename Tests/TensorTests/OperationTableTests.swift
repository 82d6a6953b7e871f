// The table against the sources: an operation without a row, and a row whose test does not exist, fail here.

import Foundation
import Testing

@testable import SegTensor

struct OperationTableTests {
    /// The text of all Swift files below a folder of the repository.
    static func sources(_ folder: String) throws -> [String] {
        let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(folder)
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return try (files?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    /// The types that some Swift text declares to be operations.
    static func operations(in text: String) -> [String] {
        text.matches(of: /(?:struct|class|enum|actor|extension)\s+(\w+)\s*:([^{]*)\{/)
            .filter { $0.output.2.contains(/\bOperation\b/) }
            .map { String($0.output.1) }
    }

    @Test func conformancesAreFoundInText() {
        let text = """
            struct Plain: Operation {}
            final class Held: Sendable, Operation
            {}
            extension Late: @unchecked Operation {}
            struct Other: OperationOther {}
            protocol Operation: Evaluable, Encodable {}
            """
        #expect(Self.operations(in: text) == ["Plain", "Held", "Late"])
    }

    @Test func everyOperationHasARow() throws {
        let declared = try Self.sources("Sources/SegTensor").flatMap { Self.operations(in: $0) }
        let listed = OperationRow.all.map { String(describing: $0.type) }
        #expect(declared.count == Set(declared).count)
        #expect(Set(declared).subtracting(listed).isEmpty, "no row in OperationTable.swift")
        #expect(Set(listed).subtracting(declared).isEmpty, "a row without an operation")
    }

    @Test func everyRowNamesATestThatExists() throws {
        let tests = try Self.sources("Tests/TensorTests").joined()
        for row in OperationRow.all {
            guard case .test(let name) = row.values else { continue }
            #expect(tests.contains("@Test func \(name)("), "\(row.type): there is no test \(name)")
        }
    }
}
