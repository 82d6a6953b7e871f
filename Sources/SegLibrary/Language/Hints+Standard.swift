// The hints of language errors that refer to this library: how habits from NumPy and PyTorch are written
// here.

import SegRuntime

extension Hints {
    static let standard = Hints(
        names: [
            "len_": "len", "print_": "print", "np": "the function itself", "int": "floor(x)",
            "float": "to(t, float32)", "append": "push", "includes": "x in xs",
            "isinstance": "x is list, or x is Conv2d", "typeof": "type_of(x), or x is list",
            "nn": "Conv2d(…), without nn", "ConvTranspose2d": "Upsample(scale_factor=2) and a Conv2d",
            "Linear": "Conv2d(m, n, 1), or x @ w",
        ],
        members: [
            "eval": "m(x), which evaluates", "train": "trainer(m, …), or training(() -> m(x)) by hand",
            "requires_grad_": "freeze(m) and unfreeze(m)", "backward": "value_and_grad(model, f)",
            "zero_grad": "value_and_grad(model, f), which gives new gradients each time",
            "load_state_dict": "load_weights(m, path)", "detach": "no_grad(() -> x)",
            "append": "push(xs, x)", "includes": "x in xs", "has": "x in xs",
        ],
        purposes: [
            .listArithmetic: "tensor(list) computes with each element",
            .listAddition: "push(list, x) adds an element; tensor(list) + x adds to each",
            .listMask: "select from a list with a tensor of bools: tensor(list)[mask]",
            .severalIndices: "tensor(x)[i, j] takes several indices",
        ])
}
