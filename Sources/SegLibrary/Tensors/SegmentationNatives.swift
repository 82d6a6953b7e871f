// Predictions compared with masks: counts of pixels by class, and of the pixels along the boundaries of classes.

import SegRuntime
import SegSystem
import SegTensor

let segmentationNatives: [Native] = [
    Native(
        "confusion(predictions, masks, classes=nil, ignore=nil, by_picture=false)",
        "Counts of pixels by true class (rows) and predicted class (columns). `predictions` are classes [N, "
            + "H, W] or logits [N, C, H, W]; rows and columns have the masks' class names, if any. Void, 255, "
            + "does not count, nor do pixels whose true class is `ignore`: one class or several, by number or "
            + "name. With `by_picture` there is a matrix for each picture: [N, classes, classes].",
        examples: [
            "print(confusion(tensor([0, 1], int64), tensor([1, 1], int64), 2))  # expect: tensor([[0, 0], [1, 1]], int64)",
            "print(confusion(tensor([0, 1], int64), tensor([1, 255], int64), 2))"
                + "  # expect: tensor([[0, 0], [1, 0]], int64)",
            "t = tensor([[0, 1], [1, 1]], int64)\nprint(confusion(t, t, 2, by_picture=true))"
                + "  # expect: tensor([[[1, 0], [0, 1]], [[0, 0], [0, 2]]], int64)",
        ]
    ) { call in
        let isPerSample = try call.bool(4)
        let given = try labels(call, ignoring: 3)
        var counts = try Tensor.confusion(
            given.predictions, given.masks, classes: given.classes, ignoreIndex: given.ignore,
            isPerSample: isPerSample)
        if let names = given.names {
            let first = isPerSample ? 1 : 0
            counts = try counts.labelled(axis: first, names).labelled(axis: first + 1, names)
        }
        return .tensor(counts)
    },
    Native(
        "boundary_matches(predictions, masks, classes=nil, tolerance=nil, ignore=nil)",
        "What boundary F1 is computed from (`boundary_f1`). For each class there are four counts: the pixels on the "
            + "boundary of the prediction, those of them with one of the truth of the same class within "
            + "`tolerance` pixels, and the same two for the truth. A pixel is on the boundary of its class if "
            + "one of its four neighbours has another class, or is beyond the edge of the picture; an edge to "
            + "void is no boundary. By default the tolerance is 0.75 % of the picture's diagonal. Masks [H, W] give "
            + "[classes, 4], masks [N, H, W] give [N, classes, 4].",
        examples: [
            "m = tensor([[0, 0, 1, 1]], int64)\nprint(boundary_matches(m, m, classes=2))"
                + "  # expect: tensor([[2, 2, 2, 2], [2, 2, 2, 2]], int64)"
        ]
    ) { call in
        let given = try labels(call, ignoring: 4)
        let tolerance = try distance(call, 3)
        return .tensor(
            try Tensor.boundaryMatches(
                given.predictions, given.masks, classes: given.classes, tolerance: tolerance,
                ignore: given.ignore
            ).labelled(axis: given.masks.rank - 2, given.names))
    },
    Native(
        "boundary_overlap(predictions, masks, classes=nil, width=nil, ignore=nil)",
        "What boundary IoU is computed from (`boundary_iou`). For each class there are three counts: the pixels that "
            + "are in the zones of truth and prediction, those in the truth's, and those in the prediction's. The zone "
            + "of a class has its pixels with one of another class, or the edge of the picture, within `width` pixels, "
            + "diagonal steps counting as one; an edge to void is none. By default the width is 2 % of the picture's "
            + "diagonal, at least 1. Masks [H, W] give [classes, 3], masks [N, H, W] give [N, classes, 3].",
        examples: [
            "m = tensor([[0, 0, 1, 1]], int64)\nprint(boundary_overlap(m, m, classes=2))"
                + "  # expect: tensor([[2, 2, 2], [2, 2, 2]], int64)"
        ]
    ) { call in
        let given = try labels(call, ignoring: 4)
        let width = try distance(call, 3)
        if let width, width != width.rounded() || width < 1 {
            throw call.wrong(3, "a whole number of pixels from 1 up")
        }
        return .tensor(
            try Tensor.boundaryOverlap(
                given.predictions, given.masks, classes: given.classes, width: width.map { Int($0) },
                ignore: given.ignore
            ).labelled(axis: given.masks.rank - 2, given.names))
    },
]

/// A distance in pixels, nil for the default.
private func distance(_ call: Arguments, _ place: Int) throws -> Double? {
    if call.isNil(place) { return nil }
    let pixels = try call.number(place)
    guard pixels >= 0, pixels < 1e9 else { throw call.wrong(place, "a number of pixels from 0 up") }
    return pixels
}

/// Predictions and masks as labels, how many classes there are, which does not count besides void, and their names.
private func labels(_ call: Arguments, ignoring place: Int) throws -> (
    predictions: Tensor, masks: Tensor, classes: Int, ignore: Int?, names: AxisLabels?
) {
    var predictions = try call.tensor(0)
    let (masks, ignore) = try call.masks(ignoring: place)
    let predicted = try call.checkedClassNames()
    let names = call.categories(1) ?? predicted
    var classes = call[2].isNil ? names?.names.count : try call.integer(2)
    if predictions.rank == masks.rank + 1 {
        classes = classes ?? predictions.shape[1]
        predictions = try predictions.argmax(axis: 1)
    }
    guard let classes else {
        throw Failure(.call, "\(call.native.name) needs classes=, the number of classes")
    }
    return (predictions, masks, classes, ignore, names.flatMap { $0.names.count == classes ? $0 : nil })
}

extension Arguments {
    /// The class names of the predictions, the first argument: of a mask, or of the logits of a model that knows
    /// its classes.
    /// - Throws: an error of kind label unless the masks, the second argument, have the same, if they have any.
    func checkedClassNames() throws -> AxisLabels? {
        guard let predictions = self[0].asTensorValue, let masks = self[1].asTensorValue else { return nil }
        let isLogits = predictions.promise.rank == masks.promise.rank + 1
        let own = isLogits ? predictions.promise.labels[1] : predictions.categories
        if let own, let known = masks.categories {
            try AxisLabels.check(
                own.names, of: isLogits ? "the logits" : "the predictions", against: known.names,
                of: "the masks")
        }
        return own
    }

    /// The masks, the second argument, and the one class number that does not count besides void. Several
    /// classes of `ignore=`, each a number, or a name if the masks have class names, become void in the masks.
    func masks(ignoring place: Int) throws -> (masks: Tensor, ignore: Int?) {
        let masks = try tensor(1)
        if isNil(place) { return (masks, nil) }
        guard let several = self[place].asList?.items else {
            return (masks, try ignoredClass(self[place], place))
        }
        let numbers = try several.map { try ignoredClass($0, place) }
        if numbers.count <= 1 { return (masks, numbers.first) }
        // Narrow types cannot hold the void label.
        var result = try masks.dtype == .uint8 ? masks : masks.to(.int64)
        for number in numbers {
            result = try Tensor.where(
                .tensor(try Tensor.apply(.equal, masks, Double(number))), .number(Double(Tensor.voidLabel)),
                .tensor(result), dtype: result.dtype)
        }
        return (result, nil)
    }

    private func ignoredClass(_ value: Value, _ place: Int) throws -> Int {
        guard let text = value.asString else {
            guard let number = value.asNumber, let whole = Int(exactly: number) else {
                throw wrong(place, "a class, by number or name, or a list of classes")
            }
            return whole
        }
        guard let names = categories(1) else {
            throw Failure(
                .label, "the masks have no class names, so \(quotedText(text)) is not known",
                help: "give ignore= as a number")
        }
        guard let found = names.index(of: text) else {
            throw Failure(
                .label, "there is no class \(quotedText(text))",
                help: nearestName(to: text, among: names.names).map { "did you mean \(quotedText($0))?" }
                    ?? "the classes are \(names.names.prefix(12).joined(separator: ", "))\(names.names.count > 12 ? ", …" : "")"
            )
        }
        return found
    }
}
