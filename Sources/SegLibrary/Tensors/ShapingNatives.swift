// Functions that rearrange the elements of tensors: shapes, axes, joins, gathers; and the matrix product.

import SegRuntime
import SegTensor

extension Arguments {
    /// A list of tensors, as in `cat` and `stack`.
    func tensors(_ place: Int) throws -> [Tensor] {
        // The tensors one by one, as some languages have them.
        let areApart =
            count > place + 1
            && (values[place + 1].asList != nil || (values[place + 1].asTensorValue?.promise.rank ?? 0) > 0)
        guard case .object(let list as ListObject) = values[place], !areApart else {
            throw wrong(
                place, "a list of tensors",
                help: areApart ? "write them as one list: \(native.name)([a, b])" : nil)
        }
        let items = list.items
        let bytesOfEach = 640
        try interpreter.reserve(items.count * bytesOfEach, for: "a list of \(items.count) tensors")
        return try interpreter.made(items.count) { item in
            if let value = items[item].asTensorValue { return try value.tensor }
            return try Tensor.nested(items[item], dtype: nil, for: native.name)
        }
    }

    /// The class names that all masks of a list share.
    /// - Throws: an error of kind label if they differ.
    func sharedCategories(_ place: Int) throws -> AxisLabels? {
        guard case .object(let list as ListObject) = values[place] else { return nil }
        let masks = list.items.compactMap(\.asTensorValue).filter { $0.categories != nil }
        for mask in masks.dropFirst() { try masks[0].checkCategories(mask) }
        return list.items.first?.asTensorValue?.categories
    }
}

let shapingNatives: [Native] = [
    Native(
        "shape(t)", "The sizes of the axes, as a list.",
        examples: ["print(shape(zeros(2, 3)))  # expect: [2, 3]"]
    ) { call in .list(try call.tensor(0).shape.map { .number(Double($0)) }) },
    Native(
        "reshape(t, ...sizes)", "The same elements in another shape; one size may be -1.",
        examples: ["print(reshape(arange(4), 2, -1))  # expect: tensor([[0, 1], [2, 3]])"]
    ) { call in .tensor(try call.tensor(0).reshape(try call.sizes(1)), categories: call.categories(0)) },
    Native(
        "transpose(t, axis1=-2, axis2=-1)", "The tensor with two axes exchanged.",
        examples: ["print(transpose(tensor([[1, 2], [3, 4]])))  # expect: tensor([[1, 3], [2, 4]])"]
    ) { call in .tensor(try call.tensor(0).transpose(try call.integer(1), try call.integer(2))) },
    Native(
        "permute(t, ...axes)", "The tensor with its axes in another order.",
        examples: ["print(permute(zeros(2, 3, 4), 2, 0, 1).shape)  # expect: [4, 2, 3]"]
    ) { call in .tensor(try call.tensor(0).permute(try call.sizes(1))) },
    Native(
        "expand(t, ...sizes)", "Axes of size 1 repeated to the given sizes; -1 keeps a size.",
        examples: ["print(expand(tensor([[1], [2]]), 2, 2))  # expect: tensor([[1, 1], [2, 2]])"]
    ) { call in .tensor(try call.tensor(0).expand(try call.sizes(1))) },
    Native(
        "squeeze(t, axis=nil)", "The tensor without its axes of size 1, or without the given one.",
        examples: ["print(squeeze(zeros(1, 3, 1)).shape)  # expect: [3]"]
    ) { call in
        .tensor(try call.tensor(0).squeeze(axes: try call.integers(1)), categories: call.categories(0))
    },
    Native(
        "unsqueeze(t, axis)", "The tensor with a new axis of size 1.",
        examples: ["print(unsqueeze(zeros(3), 0).shape)  # expect: [1, 3]"]
    ) { call in .tensor(try call.tensor(0).unsqueeze(try call.integer(1)), categories: call.categories(0)) },
    Native(
        "cat(tensors, axis=0)", "Tensors joined along an existing axis.",
        examples: ["print(cat([tensor([1]), tensor([2, 3])]))  # expect: tensor([1, 2, 3])"]
    ) { call in
        .tensor(
            try Tensor.cat(try call.tensors(0), axis: try call.integer(1)),
            categories: try call.sharedCategories(0))
    },
    Native(
        "stack(tensors, axis=0)", "Tensors of one shape joined along a new axis.",
        examples: ["print(stack([tensor([1, 2]), tensor([3, 4])]).shape)  # expect: [2, 2]"]
    ) { call in
        .tensor(
            try Tensor.stack(try call.tensors(0), axis: try call.integer(1)),
            categories: try call.sharedCategories(0))
    },
    Native(
        "chunk(t, n, axis=0)", "A list of n parts of equal size along an axis; the last may be smaller.",
        examples: ["print(chunk(arange(4), 2))  # expect: [tensor([0, 1]), tensor([2, 3])]"]
    ) { call in
        let parts = GrowingList(call.interpreter, for: "a list of a tensor's parts")
        try call.tensor(0).forEachChunk(try call.integer(1), axis: try call.integer(2)) {
            try parts.append(.tensor($0))
        }
        return .list(try parts.take())
    },
    Native(
        "flip(t, axis)", "The elements in opposite order along an axis or a list of axes.",
        examples: ["print(flip(tensor([1, 2, 3]), 0))  # expect: tensor([3, 2, 1])"]
    ) { call in
        .tensor(try call.tensor(0).flip(axes: try call.integers(1) ?? []), categories: call.categories(0))
    },
    Native(
        "pad(t, widths, value=0, mode=\"constant\")",
        "The tensor with a border of `value`; `widths` has a number or a pair [before, after] for each axis. "
            + "Fewer widths than axes are those of the last axes. The modes \"reflect\", \"replicate\" and "
            + "\"circular\" make the border of the tensor's own elements, as in PyTorch. Of a data set, pictures of "
            + "at least the size [h, w], with a black, void border to the right and below.",
        examples: [
            "print(pad(tensor([1, 2]), [[1, 0]]))  # expect: tensor([0, 1, 2])",
            "print(pad(tensor([1, 2, 3]), [2], mode=\"reflect\"))  # expect: tensor([3, 2, 1, 2, 3, 2, 1])",
            "print(streets(count=1, size=32).pad([40, 32])[0].mask.shape)  # expect: [40, 32]",
        ]
    ) { call in
        if let data = try call.paddedDataset(1) { return data }
        let tensor = try call.tensor(0)
        guard case .object(let list as ListObject) = call[1] else { throw call.wrong(1, "a list of widths") }
        let widths = try list.items.map { item -> (Int, Int) in
            if case .object(let two as ListObject) = item, two.items.count == 2,
                let before = try call.interpreter.number(from: two.items[0]).flatMap({ Int(exactly: $0) }),
                let after = try call.interpreter.number(from: two.items[1]).flatMap({ Int(exactly: $0) })
            {
                return (before, after)
            }
            guard let width = try call.interpreter.number(from: item).flatMap({ Int(exactly: $0) }) else {
                throw call.wrong(1, "whole numbers or pairs of them")
            }
            return (width, width)
        }
        let mode = try call.string(3)
        if mode == "constant" { return .tensor(try tensor.pad(widths, value: try call.number(2))) }
        guard let border = Tensor.Border(rawValue: mode) else {
            throw Failure(
                .value,
                "pad: mode is \(quotedText(mode)); it is \"constant\", \"reflect\", \"replicate\" or \"circular\"",
                argument: 3)
        }
        return .tensor(try tensor.pad(widths, border: border))
    },
    Native(
        "roll(t, shift, axis=nil)",
        "The elements shifted cyclically along an axis.",
        examples: ["print(roll(tensor([1, 2, 3]), 1))  # expect: tensor([3, 1, 2])"]
    ) { call in
        .tensor(try call.tensor(0).roll(try call.integers(1) ?? [0], axes: try call.integers(2)))
    },
    Native(
        "gather(t, axis, index)",
        "Elements picked along an axis by a tensor of positions, as PyTorch's gather.",
        examples: [
            "print(gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0], [1]], int64)))  # expect: tensor([[1], [4]])"
        ]
    ) { call in .tensor(try call.tensor(0).gather(axis: try call.integer(1), index: try call.tensor(2))) },
    Native(
        "one_hot(t, classes=nil)",
        "A new last axis with 1 at the position given by each element, 0 elsewhere.",
        examples: ["print(one_hot(tensor([1, 0], int64), 2))  # expect: tensor([[0, 1], [1, 0]])"]
    ) { call in .tensor(try call.tensor(0).oneHot(classes: call[1].isNil ? nil : try call.integer(1))) },
    Native(
        "matmul(a, b)", "The matrix product, `a @ b`; axes before the last two are batches.",
        examples: ["print(matmul(tensor([[1, 2]]), tensor([[3], [4]])))  # expect: tensor([[11]])"]
    ) { call in .tensor(try Tensor.matmul(try call.tensor(0), try call.tensor(1))) },
    Native(
        "with_labels(t, labels, axis=0)",
        "The tensor with names for the entries of an axis; nil removes them.",
        examples: ["print(with_labels(tensor([1, 2]), [\"a\", \"b\"]))  # expect: tensor(a=1, b=2)"]
    ) { call in
        let axis = try call.integer(2)
        let tensor = try call.tensor(0)
        let names = try call.names(1)
        return .tensor(
            try tensor.labelled(
                axis: axis < 0 ? axis + tensor.rank : axis, try names.map { try AxisLabels($0) }))
    },
]
