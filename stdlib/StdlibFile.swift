// The one Swift file among the scripts: SwiftPM takes a folder for a target only where
// there is one. `stdlibFiles` is made at build time by EmbedStdlib.

/// One file of the library written in seg.
public struct StdlibFile: Sendable {
    public let name: String
    /// The names that scripts find in it: those with a `##` documentation.
    public let definitions: [String]
    /// The names that only other files of the library find.
    public let internals: [String]
    public let text: String
}
