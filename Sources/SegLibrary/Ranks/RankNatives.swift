// Functions of a job of several ranks, which `mpirun` or `srun` starts. In one process they give what a job of one
// rank gives.

import SegRuntime
import SegSystem
import SegTensor

let rankNatives: [Native] = [
    Native(
        "rank()", "The number of this process among those that mpirun or srun started, from 0.",
        examples: ["print(rank())  # expect: 0"]
    ) { call in .number(Double(call.interpreter.communicator.rank)) },
    Native(
        "ranks()", "How many processes mpirun or srun started; 1 without them.",
        examples: ["print(ranks())  # expect: 1"]
    ) { call in .number(Double(call.interpreter.communicator.ranks)) },
    Native(
        "rank_traffic()", "The messages and bytes that this rank has sent to others, as a record.",
        examples: ["print(rank_traffic())  # expect: (messages=0, bytes=0)"]
    ) { call in
        let (messages, bytes) = call.interpreter.communicator.traffic
        return .record([("messages", .number(Double(messages))), ("bytes", .number(Double(bytes)))])
    },
    Native(
        "on_root(f)",
        "What f() gives on rank 0, on all ranks; the others do not call f. For what must happen once and is no "
            + "function of the library that writes files, all of which do so themselves.",
        examples: ["print(on_root(() -> 2 + 3))  # expect: 5"]
    ) { call in
        let interpreter = call.interpreter
        let f = try call.function(0)
        guard interpreter.communicator.ranks > 1 else { return try interpreter.call(f, []) }
        return try interpreter.byRoot("on_root") { try interpreter.call(f, []) }
    },
    Native(
        "everywhere(x)", "What x is on each rank, as a list by rank.",
        examples: ["print(everywhere(3))  # expect: [3]"]
    ) { call in
        let interpreter = call.interpreter
        guard interpreter.communicator.ranks > 1 else { return .list([call[0]]) }
        let parts = try interpreter.communicator.gather(
            try ValuePacking.bytes(of: call[0], interpreter), interpreter.meeting("everywhere"))
        return .list(try parts.map { try ValuePacking.value(of: $0, interpreter) })
    },
    Native(
        "alone(f)",
        "What f() gives where this rank works without the others: it prints and writes, and spreads nothing.",
        examples: ["print(alone(() -> ranks()))  # expect: 1"]
    ) { call in
        let interpreter = call.interpreter
        return try interpreter.alone { try interpreter.call(call[0], []) }
    },
    Native(
        "sum_over_ranks(x)",
        "The sums over the ranks of the numbers and tensors in x, a list or record of any depth. All ranks get the "
            + "same bits.",
        examples: ["print(sum_over_ranks((n=2, t=tensor([1, 2]))))  # expect: (n=2, t=tensor([1, 2]))"]
    ) { call in
        let interpreter = call.interpreter
        guard interpreter.communicator.ranks > 1 else { return call[0] }
        return try RankSums(interpreter).sum(call[0])
    },
    Native(
        "pass_note(text, about)",
        "Whether rank 0 prints a note for this rank, which works on a part of spread_work.",
        examples: ["print(pass_note(\"short\", \"length\"))  # expect: false"]
    ) { call in
        let delivery = call.interpreter.resultDelivery
        guard delivery.notes != nil else { return .bool(false) }
        delivery.notes?.append(.list([.string(try call.string(0)), call[1]]))
        return .bool(true)
    },
    Native(
        "captured(f)",
        "What f() gives, and the text that it prints meanwhile, as a list; nothing is printed.",
        examples: [
            "value, said = captured(() -> { print(\"one\"); 1 })\nprint([value, said])  # expect: [1, \"one\\n\"]"
        ]
    ) { call in
        let (value, text) = try call.interpreter.captured { try call.interpreter.call(call[0], []) }
        return .list([value, .string(text)])
    },
    Native(
        "my_part(count)",
        "The places of `count` that this rank has, one after the other: a list [first, end].",
        examples: ["print(my_part(10))  # expect: [0, 10]"]
    ) { call in
        let part = call.interpreter.communicator.part(of: try call.integer(0, atLeast: 0))
        return .list([.number(Double(part.lowerBound)), .number(Double(part.upperBound))])
    },
    Native(
        "with_part_of_batch(part, f)",
        "What f() gives where a batch is a part of one that is spread over the ranks. `part` is [samples, first, "
            + "count, total], or nil for a whole batch. Batch norm in training and dropout then are those of the "
            + "whole batch.",
        examples: ["print(with_part_of_batch(nil, () -> 1))  # expect: 1"]
    ) { call in
        let context = call.interpreter.evaluationContext
        let outer = context.share
        defer { context.share = outer }
        if let part = try call.integers(0), part.count == 4 {
            context.share = BatchShare(samples: part[0], first: part[1], count: part[2], total: part[3])
        } else {
            context.share = nil
        }
        return try call.interpreter.call(call[1], [])
    },
    Native(
        "whole_count(n)",
        "Of `n` values in the samples of a batch, how many the whole batch has, of which this one may be a part.",
        examples: ["print(whole_count(6))  # expect: 6"]
    ) { call in
        let n = try call.number(0)
        guard let share = call.interpreter.evaluationContext.share else { return .number(n) }
        return .number(n / Double(share.samples) * Double(share.total))
    },
    Native(
        "compute_gradients(gradients, ...others)",
        "Computes a record of gradients, and other values with them, and gives the gradients. In a part of a batch "
            + "it gives their sums over the ranks, which are on their way while the others are computed.",
        examples: ["print(compute_gradients((w=tensor([1]))))  # expect: (w=tensor([1]))"]
    ) { call in
        guard let record = call[0].asRecord else { throw call.wrong(0, "a record of gradients") }
        let context = call.interpreter.evaluationContext
        let pending = try TensorGraph.pending(
            in: .list([call[0]] + call.rest(1)), poll: call.interpreter.checkInterrupt)
        guard context.share != nil else {
            try Tensor.evaluate(pending)
            return call[0]
        }
        let sums = try GradientSums.evaluate(
            try record.values.map {
                try $0.asTensorValue?.tensor ?? Tensor.nested($0, dtype: nil, for: "compute_gradients")
            },
            with: pending, context)
        return .record(zip(record.names, sums).map { ($0, .tensor($1)) })
    },
    Native(
        "spread_work(count, work, done, cost=nil)",
        "work(i) for each i below `count`, as a list. Ranks take the next one as they become free, those of highest "
            + "cost(i) first, and do it alone; on rank 0 done(i, what work gave) follows each.",
        examples: [
            "print(spread_work(3, i -> i * i, (i, x) -> print(i, x)))  # expect: 0 0\n# expect: 1 1\n# expect: 2 4\n# expect: [0, 1, 4]"
        ]
    ) { call in
        let count = max(try call.integer(0), 0)
        try call.interpreter.reserve(elements: count, for: "a list of \(count) results")
        let (work, done) = (try call.function(1), try call.function(2))
        let interpreter = call.interpreter
        guard interpreter.communicator.ranks > 1 else {
            return .list(
                try (0..<count).map { i in
                    let made = try interpreter.call(work, [.number(Double(i))])
                    _ = try interpreter.call(done, [.number(Double(i)), made])
                    return made
                })
        }
        var order = Array(0..<count)
        if !call[3].isNil {
            let costs = try order.map { i -> Double in
                guard case .number(let cost) = try interpreter.call(call[3], [.number(Double(i))]) else {
                    return 0
                }
                return cost
            }
            order.sort { (costs[$1], $0) < (costs[$0], $1) }
        }
        return .list(try SpreadWork(interpreter, order: order, work: work, done: done).run())
    },
]
