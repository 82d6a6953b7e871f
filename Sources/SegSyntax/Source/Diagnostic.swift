// An error as the user sees it: one struct for lexer, parser, compiler, machine and
// natives. Diagnostic+Rendering renders it with the underlined line.

/// What kind of mistake; `e.kind` in a script.
public enum ErrorKind: String, Sendable, CaseIterable {
    case syntax, name, call, type, shape, index, label, value, file, memory, user
    /// Ctrl-C.
    case interrupt
    /// `exit()`.
    case exit

    /// Whether a script can raise it and catch it.
    public var isForScripts: Bool { self != .interrupt && self != .exit }
}

public struct Diagnostic: Sendable {
    public var kind: ErrorKind
    public var message: String
    /// How to fix it, where that is known.
    public var help: String?
    /// The place; nil while it is not known.
    public var location: Location?
    /// Values or shapes shown under parts of the line: `[32]` under an operand.
    public var notes: [Note]
    /// The part of an object that failed, as the library names it: by its path and type.
    public var part: String?
    /// The calls that led here, innermost first.
    public var trace: Trace

    public struct Location: Sendable {
        public var source: Source
        /// The whole faulty part.
        public var span: Span
        /// The one sign to point at inside it, as an operator: `^`.
        public var point: Span?
        public init(source: Source, span: Span, point: Span? = nil) {
            self.source = source
            self.span = span
            self.point = point
        }
    }

    public struct Note: Sendable {
        public var span: Span
        public var text: String
        public init(span: Span, text: String) {
            self.span = span
            self.text = text
        }
    }

    public struct Frame: Sendable {
        public var function: String
        public var source: Source
        public var span: Span
        public init(function: String, source: Source, span: Span) {
            self.function = function
            self.source = source
            self.span = span
        }
    }

    /// Calls, innermost first. An error that leaves many functions by way of natives such as `map`
    /// is copied at each: all but the last few calls are shared by the copies.
    public struct Trace: Sendable {
        private final class Chunk: Sendable {
            let frames: [Frame]
            let inner: Chunk?
            init(_ frames: [Frame], inner: Chunk?) {
                self.frames = frames
                self.inner = inner
            }
        }

        private static let chunkSize = 64
        private var shared: Chunk?
        private var last: [Frame] = []
        public private(set) var count = 0
        public var isEmpty: Bool { count == 0 }

        public mutating func append(_ frame: Frame) {
            if last.count == Trace.chunkSize {
                shared = Chunk(last, inner: shared)
                last = []
            }
            last.append(frame)
            count += 1
        }

        public var frames: [Frame] {
            var chunks = [last]
            var chunk = shared
            while let current = chunk {
                chunks.append(current.frames)
                chunk = current.inner
            }
            return chunks.reversed().flatMap { $0 }
        }
    }

    public init(
        _ kind: ErrorKind, _ message: String, help: String? = nil, location: Location? = nil,
        notes: [Note] = []
    ) {
        self.kind = kind
        self.message = message
        self.help = help
        self.location = location
        self.notes = notes
        trace = Trace()
    }
}
