// How well the boundaries of predictions agree with those of masks: counts by picture and class, from which boundary
// F1 and boundary IoU are computed. They are computed at the call.

import CKernels

extension Tensor {
    /// By class: boundary pixels of the prediction, those of them within `tolerance` pixels of the truth's, and the
    /// same two for the truth, as `segmentation_boundary_matches` describes. For maps [H, W] it is int64
    /// [classes, 4], for [N, H, W] [N, classes, 4]. By default the tolerance is 0.75 % of the diagonal, as that of
    /// MATLAB's `bfscore`.
    public static func boundaryMatches(
        _ predictions: Tensor, _ target: Tensor, classes: Int, tolerance: Double? = nil, ignore: Int? = nil
    ) throws -> Tensor {
        try boundaryCounts(
            "boundary_matches", 4, predictions, target, classes, ignore,
            space: { segmentation_boundary_matches_space(&$0) }
        ) { input, diagonal, space, counts in
            segmentation_boundary_matches(
                &input, tolerance ?? 0.0075 * diagonal, space.bytes, space.tasks, counts)
        }
    }

    /// By class: pixels in the zones of both maps, in the truth's, and in the prediction's, as
    /// `segmentation_boundary_overlap` describes: int64 [classes, 3] or [N, classes, 3]. By default the width is
    /// 2 % of the diagonal, rounded, at least 1 (Cheng et al. 2021).
    public static func boundaryOverlap(
        _ predictions: Tensor, _ target: Tensor, classes: Int, width: Int? = nil, ignore: Int? = nil
    ) throws -> Tensor {
        try boundaryCounts(
            "boundary_overlap", 3, predictions, target, classes, ignore,
            space: { segmentation_boundary_overlap_space(&$0) }
        ) { input, diagonal, space, counts in
            segmentation_boundary_overlap(
                &input, width ?? max(Int((0.02 * diagonal).rounded(.toNearestOrEven)), 1), space.bytes,
                space.tasks, counts)
        }
    }

    private static func boundaryCounts(
        _ name: String, _ count: Int, _ predictions: Tensor, _ target: Tensor, _ classes: Int, _ ignore: Int?,
        space: (inout boundary_input) -> Int,
        _ kernel: (inout boundary_input, _ diagonal: Double, WorkingSpace, UnsafeMutablePointer<Int64>) ->
            Void
    ) throws -> Tensor {
        let notes = [Shape.text(predictions.shape), Shape.text(target.shape)]
        guard predictions.shape == target.shape else {
            throw TensorError(
                .shape, "\(name): the predictions have shape \(notes[0]), the masks \(notes[1])", notes: notes
            )
        }
        guard (2...3).contains(target.rank) else {
            throw TensorError(
                .shape, "\(name) needs masks [H, W] or [N, H, W], got \(notes[1])", notes: notes)
        }
        guard predictions.dtype.isInteger, target.dtype.isInteger else {
            let dtype = predictions.dtype.isInteger ? target.dtype : predictions.dtype
            throw TensorError(.type, "\(name) needs whole numbers (classes), got \(dtype.rawValue)")
        }
        guard classes > 0 else { throw TensorError(.value, "\(name): \(classes) classes") }
        let shape = target.shape
        let out = try TensorData(shape: shape.dropLast(2) + [classes, count], dtype: .int64, for: name)
        let context = EvaluationContext.current
        let (guess, truth) = (try predictions.value().rowMajor(), try target.value().rowMajor())
        try context.watched {
            try checkLabels(truth, classes: classes, ignore: ignore ?? .min, "the mask")
            try checkLabels(guess, classes: classes, ignore: .min, void: .min, "the prediction")
            Elementwise.fill(out, 0)
        }
        if truth.count == 0 { return Tensor(out) }
        let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
        var input = boundary_input()
        (input.predictions, input.prediction_kind) = (UnsafeRawPointer(guess.bytes), guess.dtype.kind)
        (input.masks, input.mask_kind) = (UnsafeRawPointer(truth.bytes), truth.dtype.kind)
        (input.batch, input.height, input.width) = (truth.count / (height * width), height, width)
        (input.classes, input.ignore) = (classes, ignore ?? .min)
        let diagonal = (Double(height) * Double(height) + Double(width) * Double(width)).squareRoot()
        let space = try WorkingSpace(of: space(&input), tasks: input.batch, for: name)
        try context.watched {
            withExtendedLifetime((guess, truth)) { kernel(&input, diagonal, space, out.elements()) }
        }
        return Tensor(out)
    }
}
