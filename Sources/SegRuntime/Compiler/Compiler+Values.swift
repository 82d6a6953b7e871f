// Strings, lists, records and indices: values that are collected in adjacent registers.

import SegSyntax

extension Compiler {
    private static let batch = 50

    /// - Parameter appends: whether the text goes to the end of the string that is in `to`.
    func string(_ pieces: [StringPiece], to: Register, appends: Bool = false, _ origin: Origin) {
        if pieces.isEmpty { return emit(.loadConstant(to: to, scope.constant("")), origin) }
        if pieces.count == 1, case .text(let text) = pieces[0].kind {
            return emit(.loadConstant(to: to, scope.constant(text)), origin)
        }
        // A very long string is joined in stages.
        var texts = [""]
        var values: [StringPiece] = []
        var joined: Register?
        func flush() {
            temporarily {
                var count = values.count
                let first = scope.fresh()
                if let joined {
                    emit(.move(to: first, from: joined), origin)
                    count += 1
                    texts.insert("", at: 0)
                }
                for (place, value) in values.enumerated() {
                    piece(value, to: place == 0 && joined == nil ? first : scope.fresh())
                }
                scope.parts.templates.append(TextTemplate(texts))
                let template = UInt32(scope.parts.templates.count - 1)
                let target = joined ?? to
                emit(
                    appends
                        ? .appendString(
                            to: target, first: first, count: scope.operand(count), template: template)
                        : .makeString(
                            to: target, first: first, count: scope.operand(count), template: template),
                    origin)
            }
            texts = [""]
            values = []
        }
        if pieces.count > 200 { joined = scope.fresh() }
        if let joined { emit(.loadConstant(to: joined, scope.constant("")), origin) }
        for piece in pieces {
            if case .text(let text) = piece.kind {
                texts[texts.count - 1] += text
                continue
            }
            values.append(piece)
            texts.append("")
            if values.count == 100, joined != nil { flush() }
        }
        flush()
        if let joined { emit(.move(to: to, from: joined), origin) }
    }

    private func piece(_ piece: StringPiece, to: Register) {
        switch piece.kind {
        case .text: break
        case .value(let value, let format):
            self.value(value, to: to)
            guard let format else { return }
            guard let parsed = TextFormat(format) else {
                report(
                    .syntax, "\"\(format)\" is not a format", piece.span,
                    help: "a format is [fill][align][width][.precision][%], as in {x:.3} or {name:<10}")
                return
            }
            scope.parts.formats.append(parsed)
            let place = UInt32(scope.parts.formats.count - 1)
            emit(.formatValue(to: to, to, format: place), .expression(value))
        }
    }

    func list(_ items: [Argument], to: Register, _ origin: Origin) {
        let hasSpread = items.contains { $0.label == .spread }
        if items.count <= Self.batch, !hasSpread {
            let first = gather(items.map(\.value))
            return emit(.makeList(to: to, first: first, count: scope.operand(items.count)), origin)
        }
        let list = scope.fresh()
        emit(.makeList(to: list, first: list, count: 0), origin)
        var waiting: [Expression] = []
        func flush() {
            if waiting.isEmpty { return }
            temporarily {
                let first = gather(waiting)
                emit(.appendToList(list, first: first, count: scope.operand(waiting.count)), origin)
            }
            waiting = []
        }
        for item in items {
            if item.label == .spread {
                flush()
                temporarily {
                    emit(.spreadIntoList(list, from: operand(item.value)), .expression(item.value))
                }
            } else {
                waiting.append(item.value)
                if waiting.count == Self.batch { flush() }
            }
        }
        flush()
        emit(.move(to: to, from: list), origin)
    }

    /// Evaluates expressions into adjacent registers; returns the first.
    func gather(_ expressions: [Expression]) -> Register {
        guard let head = expressions.first else { return scope.fresh() }
        let first = scope.fresh()
        value(head, to: first)
        for expression in expressions.dropFirst() { value(expression, to: scope.fresh()) }
        return first
    }

    func record(_ entries: [RecordEntry], to: Register, _ origin: Origin) {
        var names: [String] = []
        for entry in entries {
            switch entry.key {
            case .name(let name): names.append(name)
            case .string(let key):
                if case .string(let pieces) = key.kind, pieces.count == 1,
                    case .text(let text) = pieces[0].kind
                {
                    names.append(text)
                }
            case .spread: break
            }
        }
        if names.count == entries.count, entries.count <= Self.batch, Set(names).count == names.count {
            let first = gather(entries.map(\.value))
            let start = UInt32(scope.parts.names.count)
            scope.parts.names.append(contentsOf: names)
            return emit(
                .makeRecord(to: to, first: first, count: scope.operand(names.count), names: start), origin)
        }
        let record = scope.fresh()
        emit(.makeRecord(to: record, first: record, count: 0, names: 0), origin)
        for entry in entries {
            temporarily {
                let key = scope.fresh()
                switch entry.key {
                case .spread:
                    emit(.spreadIntoRecord(record, from: operand(entry.value)), .expression(entry.value))
                    return
                case .name(let name): emit(.loadConstant(to: key, scope.constant(name)), .place(entry.span))
                case .string(let text): value(text, to: key)
                }
                let register = scope.fresh()
                value(entry.value, to: register)
                emit(.setEntry(record: record, key: key, from: register), .place(entry.span))
            }
        }
        emit(.move(to: to, from: record), origin)
    }

    func index(_ base: Expression, _ items: [IndexItem], to: Register, _ origin: Origin) {
        let keysHaveStatements = items.contains(where: \.hasStatements)
        var object: Register
        if case .name = base.kind, !keysHaveStatements {
            object = operand(base)
        } else if scope.isTemporary(to) {
            value(base, to: to)
            object = to
        } else {
            object = scope.fresh()
            value(base, to: object)
        }
        if items.count == 1, case .value(let key) = items[0] {
            emit(.getIndex(to: to, object, key: operand(key)), origin)
            return
        }
        if object == to, !scope.isTemporary(to) { object = to }
        let (first, count) = keys(items)
        emit(.getIndices(to: to, object, first: first, count: count), origin)
    }

    /// The keys of an index in adjacent registers.
    func keys(_ items: [IndexItem]) -> (first: Register, count: UInt16) {
        var first: Register?
        for item in items {
            let register = scope.fresh()
            if first == nil { first = register }
            switch item {
            case .value(let key): value(key, to: register)
            case .wholeAxis(let span): emit(.wholeAxis(to: register), .place(span))
            }
        }
        return (first ?? scope.fresh(), scope.operand(items.count))
    }
}
