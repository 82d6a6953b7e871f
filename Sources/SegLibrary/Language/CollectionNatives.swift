// Functions on lists, records, ranges and other collections. Each takes its collection first, so that
// `xs.map(f)` reads well.

import SegRuntime

/// A collection that is changed in place, which must be a list or record.
private func removed(_ call: Arguments, _ place: Value) throws -> Value {
    if let record = call[0].asRecord {
        let name = try call.string(1)
        guard let value = record[name] else {
            throw call.bad(1, "\(quotedText(name)) is not an entry of the record")
        }
        record[name] = nil
        return value
    }
    let list = try call.list(0)
    let index = try call.integer(1)
    let at = index < 0 ? index + list.items.count : index
    guard at >= 0, at < list.items.count else {
        let size = list.items.isEmpty ? "is empty" : "has \(list.items.count) elements"
        throw Failure(
            .index, "\(call.native.name): index \(index) is out of range: the list \(size)", argument: 1)
    }
    return list.items.remove(at: at)
}

/// Numbers in ascending order: pieces are sorted and then merged, so that an interrupt takes effect soon.
private func order(_ numbers: inout [Double], _ interpreter: Interpreter) throws {
    var size = 1 << 17
    try interpreter.pieces(numbers.count, of: size) { part in numbers[part].sort() }
    guard size < numbers.count else { return }
    var merged: [Double] = []
    merged.reserveCapacity(numbers.count)
    while size < numbers.count {
        merged.removeAll(keepingCapacity: true)
        for start in stride(from: 0, to: numbers.count, by: 2 * size) {
            let (middle, end) = (min(start + size, numbers.count), min(start + 2 * size, numbers.count))
            var (left, right) = (start, middle)
            try interpreter.pieces(end - start) { part in
                for _ in part {
                    if right == end || left < middle && numbers[left] <= numbers[right] {
                        merged.append(numbers[left])
                        left += 1
                    } else {
                        merged.append(numbers[right])
                        right += 1
                    }
                }
            }
        }
        swap(&numbers, &merged)
        size *= 2
    }
}

private func sorted(_ items: [Value], by key: Value, descending: Bool, _ interpreter: Interpreter) throws
    -> [Value]
{
    if key.isNil, !descending, case .number? = items.first {
        // The numbers, the array that they are merged into, and the result.
        try interpreter.reserve(elements: 3 * items.count / 2, for: "sorting \(items.count) numbers")
        if var numbers = try interpreter.numbers(in: items) {
            var areNumbers = true
            try interpreter.pieces(numbers.count) { part in
                areNumbers = areNumbers && !numbers[part].contains(where: \.isNaN)
            }
            if areNumbers {
                // A copy of them all would be made in one go.
                try order(&numbers, interpreter)
                return try interpreter.made(numbers.count) { .number(numbers[$0]) }
            }
        }
    }
    // The keys, and the copy that sorting makes.
    try interpreter.reserve(elements: 3 * items.count, for: "a list of \(items.count) keys")
    var keyed = try interpreter.made(items.count) { place in
        let value = key.isNil ? items[place] : try interpreter.call(key, [items[place]])
        // Scalars of tensors are read once, not at each comparison.
        return (key: try interpreter.number(from: value).map { .number($0) } ?? value, item: items[place])
    }
    var steps = 0
    try keyed.sort { left, right in
        steps += 1
        if steps & 0xfff == 0 { try interpreter.checkInterrupt() }
        // Not a number is last in both orders, as in `sort`.
        if case .number(let a) = left.key, case .number(let b) = right.key, a.isNaN || b.isNaN {
            return !a.isNaN
        }
        let order = try interpreter.order(left.key, right.key)
        return descending ? order > 0 : order < 0
    }
    return keyed.map(\.item)
}

let collectionNatives: [Native] = [
    Native(
        "len(x)", "The number of elements of a list, record, range, string, tensor or data set.",
        examples: ["print(len([1, 2, 3]))  # expect: 3"],
        quick: { arguments, count in
            guard count == 1, let list = arguments[0].asList else { return nil }
            return .number(Double(list.items.count))
        }
    ) { call in
        guard let count = try call.interpreter.count(call[0]) else {
            throw call.wrong(0, "something with a length")
        }
        return .number(Double(count))
    },
    Native(
        "len_or_nil(x)", "The number of elements, or nil for a value without a length, such as a number.",
        examples: ["print(len_or_nil(3))  # expect: nil"]
    ) { call in
        try call.interpreter.count(call[0]).map { .number(Double($0)) } ?? .nilValue
    },
    Native(
        "list(xs)", "A new list of the elements of a range, record, string, tensor or other collection.",
        examples: ["print(list(1...3))  # expect: [1, 2, 3]"]
    ) { call in .list(try call.items(0)) },
    Native(
        "record(pairs)", "A record from a list of [name, value] pairs, or a copy of a record.",
        examples: ["print(record([[\"a\", 1], [\"b\", 2]]))  # expect: (a=1, b=2)"]
    ) { call in
        let record = RecordObject()
        if let other = call[0].asRecord {
            try call.interpreter.add(other, to: record)
            return .object(record)
        }
        var meter = MemoryMeter(call.interpreter, for: "this record")
        for item in try call.items(0) {
            try meter.add(bytes: 96)
            guard let pair = item.asList, pair.items.count == 2, let name = pair.items[0].asString else {
                throw call.wrong(0, "a list of [name, value] pairs")
            }
            try call.interpreter.set(name, of: record, to: pair.items[1])
        }
        return .object(record)
    },
    Native(
        "map(xs, f)",
        "The list of f(x) for each x. Of a data set and a function of (image, mask) that gives [image, mask] the "
            + "data so changed, computed when a sample is needed.",
        examples: [
            "print([1, 2, 3].map(x -> x * x))  # expect: [1, 4, 9]",
            """
            data = streets(count=2, size=32).map((image, mask) -> [255 - image, mask])
            print(len(data), data[0].image.dtype)  # expect: 2 uint8
            """,
        ]
    ) { call in
        let f = try call.function(1)
        if let data = try call.mappedDataset(f) { return data }
        if let range = call[0].asRange {
            let count = try call.interpreter.count(of: range)
            try call.interpreter.reserve(elements: count, for: "a list of \(count) results")
        }
        let results = GrowingList(call.interpreter, for: "a list of results")
        try call.interpreter.iterate(call[0]) { item in
            try results.append(try call.interpreter.call(f, [item]))
        }
        return .list(try results.take())
    },
    Native(
        "filter(xs, f)",
        "The list of those x for which f(x) is true; of a record, a record, and f takes [name, value] or (name, value). "
            + "Of a data set, the data with those samples; f takes the sample, or (image, mask).",
        examples: [
            "print((1...6).filter(x -> x % 2 == 0))  # expect: [2, 4, 6]",
            """
            data = streets(count=4, size=32)
            print(data.filter((image, mask) -> any(mask == 17)).names[0])  # expect: street0_0
            """,
        ]
    ) { call in
        let interpreter = call.interpreter
        let f = try call.function(1)
        if let record = call[0].asRecord {
            let kept = RecordObject()
            let takesPair = interpreter.requiredArguments(of: f) == 1
            for (name, value) in zip(record.names, record.values) {
                let entry: [Value] = [.string(name), value]
                if try interpreter.truth(interpreter.call(f, takesPair ? [.list(entry)] : entry)) {
                    kept[name] = value
                }
            }
            return .object(kept)
        }
        if let data = try call.filteredDataset(f) { return data }
        let results = GrowingList(interpreter, for: "a list of results")
        try interpreter.iterate(call[0]) { item in
            if try interpreter.truth(interpreter.call(f, [item])) { try results.append(item) }
        }
        return .list(try results.take())
    },
    Native(
        "reduce(xs, f, start=nil)",
        "f(f(f(start, x1), x2), …): the elements combined to one value, from the left.",
        examples: ["print(reduce([1, 2, 3, 4], (a, b) -> a * b))  # expect: 24"]
    ) { call in
        let f = try call.function(1)
        var total: Value? = call.isGiven(2) ? call[2] : nil
        try call.interpreter.iterate(call[0]) { item in
            if let before = total {
                total = try call.interpreter.call(f, [before, item])
            } else {
                total = item
            }
        }
        guard let total else { throw call.bad(0, "is empty, and there is no start") }
        return total
    },
    Native(
        "zip(...lists)", "The list of [x, y, …] with one element of each list, as long as the shortest list.",
        examples: ["print(zip([1, 2], [\"a\", \"b\"]))  # expect: [[1, \"a\"], [2, \"b\"]]"]
    ) { call in
        let lists = call.rest(0)
        var columns: [[Value]] = []
        for list in lists {
            guard let items = try call.interpreter.items(list) else {
                throw Failure(
                    .type, "zip takes lists and other collections, got \(call.interpreter.describe(list))")
            }
            columns.append(items)
        }
        let count = columns.map(\.count).min() ?? 0
        try call.interpreter.reserve(
            elements: (columns.count + 5) * count, for: "a list of \(count) lists")
        return .list(try call.interpreter.made(count) { row in .list(columns.map { $0[row] }) })
    },
    Native(
        "enumerate(xs, start=0)", "The list of [position, x]; positions count from `start`.",
        examples: [
            "for i, x in enumerate([\"a\", \"b\"]) { print(\"{i} {x}\") }\n# expect: 0 a\n# expect: 1 b"
        ]
    ) { call in
        let start = try call.number(1)
        let items = try call.items(0)
        try call.interpreter.reserve(elements: 7 * items.count, for: "a list of \(items.count) lists")
        return .list(
            try call.interpreter.made(items.count) { .list([.number(start + Double($0)), items[$0]]) })
    },
    Native(
        "sorted(xs, by=nil, descending=false)",
        "A new list in ascending order of the elements, or of by(x); equal ones keep their order. For the rows "
            + "of a table, `by` may be the name of a column; those without a number there go last.",
        examples: [
            "print(sorted([3, 1, 2]))  # expect: [1, 2, 3]",
            "print(sorted([3, nan, 1]))  # expect: [1, 3, nan]",
            "print(sorted([\"bb\", \"a\"], by=len))  # expect: [\"a\", \"bb\"]",
            "print(sorted([(a=1), (a=2)], by=\"a\", descending=true))  # expect: [(a=2), (a=1)]",
        ]
    ) { call in
        if let column = call[1].asString {
            let table = try TableRows(call, 0)
            guard table.header.contains(column) else { throw table.noColumn(column) }
            let rows = try table.sorted(by: column, descending: try call.bool(2), call.interpreter)
            return .list(rows.map { .object($0) })
        }
        let key = call.isNil(1) ? Value.nilValue : try call.function(1)
        return .list(try sorted(try call.items(0), by: key, descending: try call.bool(2), call.interpreter))
    },
    Native(
        "reversed(xs)", "The elements from the last to the first; of a string, a string.",
        examples: ["print(reversed([1, 2, 3]))  # expect: [3, 2, 1]"]
    ) { call in
        if let text = call[0].asString {
            var reversed = ""
            reversed.reserveCapacity(text.utf8.count)
            for (place, character) in text.reversed().enumerated() {
                if place & 0xffff == 0 { try call.interpreter.checkInterrupt() }
                reversed.append(character)
            }
            return .string(reversed)
        }
        let items = try call.items(0)
        return .list(try call.interpreter.made(items.count) { items[items.count - 1 - $0] })
    },
    Native(
        "push(xs, ...values)", "Adds values at the end of a list, in place.",
        examples: ["xs = [1]\npush(xs, 2, 3)\nprint(xs)  # expect: [1, 2, 3]"],
        quick: { arguments, count in count == 2 && ListObject.appendUnlessDue(arguments) ? .nilValue : nil }
    ) { call in
        let list = try call.list(0)
        let values = call.rest(1)
        try call.interpreter.reserveGrowth(of: list.items, by: values.count)
        list.append(values)
        return .nilValue
    },
    Native(
        "pop(xs, place=-1)",
        "Removes an element from a list, by default the last, or an entry from a record, and returns it.",
        examples: ["xs = [1, 2, 3]\nprint(xs.pop())  # expect: 3"]
    ) { call in try removed(call, call[1]) },
    Native(
        "insert(xs, place, value)",
        "Inserts a value into a list, in place, before the element at a position.",
        examples: ["xs = [1, 3]\ninsert(xs, 1, 2)\nprint(xs)  # expect: [1, 2, 3]"]
    ) { call in
        let list = try call.list(0)
        let index = try call.integer(1)
        let at = index < 0 ? index + list.items.count : index
        guard at >= 0, at <= list.items.count else {
            throw Failure(
                .index,
                "insert: position \(index) is out of range: the list has \(list.items.count) elements",
                argument: 1)
        }
        try call.interpreter.reserveGrowth(of: list.items, by: 1)
        list.insert(call[2], at: at)
        return .nilValue
    },
    Native(
        "keys(x)", "The names of a record's entries, or of an object's fields.",
        examples: ["print(keys((a=1, b=2)))  # expect: [\"a\", \"b\"]"]
    ) { call in
        if let instance = call[0].asInstance { return .list(instance.fieldNames.map { .string($0) }) }
        return .list(try call.record(0).names.map { .string($0) })
    },
    Native(
        "values(x)", "The values of a record's entries, or of an object's fields.",
        examples: ["print(values((a=1, b=2)))  # expect: [1, 2]"]
    ) { call in
        if let instance = call[0].asInstance {
            return .list(instance.fieldNames.map { instance.field(named: $0) ?? .nilValue })
        }
        return .list(try call.record(0).values)
    },
    Native(
        "contains(xs, x)",
        "Whether a list or range has the element, a record an entry of that name, or a string that text: `x "
            + "in xs`.",
        examples: ["print(contains([1, 2, 3], 2))  # expect: true"]
    ) { call in
        guard let found = try call.interpreter.contains(call[0], call[1]) else {
            throw call.wrong(0, "a list or another collection")
        }
        return .bool(found)
    },
    Native(
        "index_of(xs, x)",
        "The position of the first such element of a list, or text in a string; nil if there is none.",
        examples: ["print(index_of([\"a\", \"b\"], \"b\"))  # expect: 1"]
    ) { call in
        if let text = call[0].asString {
            guard
                let range = try text.find(
                    try call.string(1), interrupted: call.interpreter.checkInterrupt)
            else { return .nilValue }
            let before = StringObject(String(text[..<range.lowerBound]))
            return try call.interpreter.count(.object(before)).map { .number(Double($0)) } ?? .nilValue
        }
        for (place, item) in try call.items(0).enumerated() {
            if place & 0xfff == 0 { try call.interpreter.checkInterrupt() }
            if try call.interpreter.equal(item, call[1]) { return .number(Double(place)) }
        }
        return .nilValue
    },
    Native(
        "get(x, key, otherwise=nil)", "The entry or element, or another value if there is none.",
        examples: ["print(get((a=1), \"b\", 0))  # expect: 0"]
    ) { call in
        if let record = call[0].asRecord { return record[try call.string(1)] ?? call[2] }
        let list = try call.list(0)
        let index = try call.integer(1)
        let at = index < 0 ? index + list.items.count : index
        return list.items.indices.contains(at) ? list.items[at] : call[2]
    },
]
