// Words that people bring from PyTorch, NumPy, MATLAB and papers, with the names that answer them here. A test
// checks that every name exists.

/// What somebody may look for, and where it is.
struct HelpSynonym: Sendable {
    /// Each is one or several words; a search that has all of them means this.
    let phrases: [String]
    /// Names of the library, topics or forms, the likeliest first.
    let names: [String]
    /// What to know where no name says it.
    let note: String?

    init(_ phrases: [String], _ names: [String], _ note: String? = nil) {
        self.phrases = phrases
        self.names = names
        self.note = note
    }

    static let all: [HelpSynonym] = [
        // Training.
        .init(["early stopping", "patience"], ["early_stop", "trainer"]),
        .init(["cross validation", "k-fold", "kfold"], ["cross_validate", "kfold"]),
        .init(
            ["scheduler", "learning rate schedule", "lr decay", "anneal", "lr_scheduler", "steplr"],
            ["step_lr", "poly_lr", "cosine_lr", "plateau_lr", "warmup"]),
        .init(["reduce on plateau", "reducelronplateau"], ["plateau_lr"]),
        .init(
            ["learning rate", "lr", "optimizer", "optim"], ["adam", "adamw", "sgd", "rmsprop", "trainer"],
            "`run.optimizer.lr = 1e-4` changes it at any time"),
        .init(["momentum", "nesterov"], ["sgd", "rmsprop"]),
        .init(
            ["weight decay", "l2", "regularization", "regularisation"],
            ["adamw", "sgd", "Dropout", "augment", "early_stop"]),
        .init(
            ["overfitting", "generalization"],
            ["early_stop", "augment", "Dropout", "adamw", "freeze", "cross_validate"]),
        .init(["underfitting"], ["trainer", "unfreeze", "adam"]),
        .init(
            ["batch size", "minibatch", "mini batch"], ["trainer", "batches"],
            "`trainer(…, batch=10)`; `accumulate=n` computes it in n pieces"),
        .init(["epoch", "number of epochs"], ["trainer", "History"], "`trainer(…, epochs=5)`"),
        .init(["gradient accumulation", "accumulate"], ["trainer"], "`trainer(…, accumulate=4)`"),
        .init(["gradient clipping", "clip_grad_norm_", "clip norm"], ["clip_gradients", "trainer"]),
        .init(
            ["checkpoint", "resume", "continue training", "restart", "save run", "save training"],
            ["save", "load", "trainer"],
            "`trainer(…, autosave=\"a.run\")` saves after each epoch; `load(\"a.run\")` goes on"),
        .init(["pickle", "serialize", "serialization", "torch.save"], ["save", "load", "save_weights"]),
        .init(
            [
                "state dict", "state_dict", "pth", "safetensors", "pretrained weights", "load model",
                "save weights",
                "load weights", "save model",
            ],
            ["save_weights", "load_weights", "state_dict", "official_weights", "read_tensors"]),
        .init(["best model", "model selection"], ["trainer", "Best", "early_stop"], "`run.best`"),
        .init(
            ["backprop", "backpropagation", "backward", "autograd", "derivative", "gradient", "autodiff"],
            ["value_and_grad", "grad", "no_grad", "trainer"]),
        .init(["detach", "requires_grad", "stop gradient"], ["no_grad", "freeze", "parameter"]),
        .init(
            ["zero_grad"], ["value_and_grad"],
            "gradients are new values at each call: nothing is to be zeroed"),
        .init(
            ["training loop", "fit", "train a model", "trainer"], ["trainer", "value_and_grad", "batches"]),
        .init(
            ["finetune", "fine tune", "transfer learning", "freeze layers", "linear probe"],
            ["freeze", "unfreeze", "load_weights", "deeplabv3", "lraspp"]),
        .init(
            ["logging", "log", "tensorboard", "callback", "callbacks"],
            ["trainer", "write_events", "History", "plot", "write_csv"],
            "`trainer(…, log=\"runs/a\")` logs for TensorBoard; `for epoch in run { … }` runs your code after each epoch"
        ),
        .init(
            ["wandb", "mlflow", "weights & biases", "experiment tracking"], ["run_record", "write_json"],
            "`write_json(run_record(run), \"run.json\")`; docs/bridges.md has the scripts that send it"),
        .init(["onnx", "onnxruntime", "deployment", "tensorrt", "opencv"], ["export_onnx"]),
        .init(
            ["coco", "cvat", "rle", "run length", "annotations", "labelme", "pycocotools"],
            ["write_annotations", "read_annotations", "read_mask", "write_image"]),
        .init(["progress bar", "tqdm"], ["progress", "trainer"]),
        .init(
            ["hyperparameter", "grid search", "random search", "optuna", "tuning", "ablation"],
            ["sweep", "halving"]),
        .init(["successive halving", "asha"], ["halving"]),
        .init(
            ["reproducible", "reproducibility", "random seed", "manual_seed", "deterministic"],
            ["seed", "with_seed"]),
        .init(
            ["gpu", "cuda", "device", "mps", "tpu"], ["memory_info", "training_seconds"],
            "seg computes on the processor, on all its cores; `seg --threads N` sets how many"),
        .init(
            ["cpu", "threads", "num_workers", "parallel", "speed", "slow", "performance"],
            ["training_seconds", "freeze", "cache_info", "memory_info"],
            "`:time E` measures; `seg --threads N` sets the threads"),
        .init(
            [
                "mpi", "distributed", "cluster", "slurm", "torchrun", "ddp", "distributeddataparallel",
                "world size",
            ],
            ["ranks", "rank", "on_root", "everywhere", "sweep"],
            "`mpirun -n 8 seg FILE` runs a script on several machines; docs/clusters.md"),
        .init(
            ["memory", "out of memory", "oom", "ram"],
            ["training_memory", "memory_advice", "memory_info", "peak_bytes"],
            "`seg --memory 8G` sets the limit"),
        .init(
            ["mixed precision", "amp", "autocast", "half precision", "bfloat16"],
            ["with_precision", "trainer"],
            "frozen layers and evaluation may compute in bfloat16; what trains is of float32"),
        .init(
            ["float16", "quantization"],
            ["with_precision", "tensors"],
            "seg computes in float32 or bfloat16; there is no float16"),
        .init(
            ["no_grad", "inference mode", "eval mode", "model.eval"],
            ["evaluating", "training", "no_grad", "predict"], "`m(x)` evaluates"),
        .init(["train mode", "model.train"], ["training", "trainer", "is_training"]),
        // Losses and class weights.
        .init(
            ["loss", "criterion", "crossentropyloss", "objective", "loss function"],
            ["cross_entropy", "dice_loss", "focal_loss", "tversky_loss", "lovasz_loss", "sum_of"]),
        .init(["combined loss", "several losses", "sum of losses"], ["sum_of"]),
        .init(["label smoothing"], ["cross_entropy"]),
        .init(
            ["class weights", "class imbalance", "imbalanced", "rare classes", "weighting", "reweight"],
            ["weights", "median_frequency", "inverse_frequency", "compare_weights", "explain", "focal_loss"]),
        .init(
            ["ignore index", "ignore_index", "void", "unlabeled", "unlabelled"],
            ["cross_entropy", "ignore_classes", "evaluate"]),
        .init(["nll", "negative log likelihood"], ["nll_loss", "cross_entropy"]),
        // Data.
        .init(["dataloader", "data loader", "batching", "iterator"], ["batches", "trainer", "batch_of"]),
        .init(["dataset", "load data", "open dataset", "imagefolder"], ["data", "camseq", "streets"]),
        .init(["synthetic data", "toy data", "sample data", "demo data"], ["streets"]),
        .init(["camvid"], ["camseq"]),
        .init(
            ["augmentation", "transforms", "albumentations", "data augmentation", "compose"],
            ["augment", "hflip", "vflip", "rotate", "scale", "crop", "saturation", "brightness", "noise"]),
        .init(
            ["flip", "mirror", "horizontal flip", "randomhorizontalflip", "fliplr", "flipud"],
            ["hflip", "vflip", "flip"]),
        .init(["rotation", "randomrotation", "rot90"], ["rotate"]),
        .init(
            ["color jitter", "colorjitter", "colour"], ["saturation", "brightness", "contrast", "hue"]),
        .init(["patches", "sliding window", "patchify"], ["tiles", "crop"]),
        .init(["random erasing", "randomerasing", "coarsedropout"], ["cutout"]),
        .init(
            ["zoom", "randomresizedcrop", "randomaffine", "translate"], ["scale", "crop", "shift", "rotate"]),
        .init(["gaussian noise"], ["noise", "randn"]),
        .init(
            ["crop", "randomcrop", "centercrop", "tile", "patch"], ["resize", "pad"],
            "a part of a tensor is `t[:, :, 0..<64, 0..<64]`"),
        .init(
            ["scale images", "rescale", "image size", "resolution"],
            ["resize", "resize_image", "interpolate"]),
        .init(
            ["normalization", "standardize", "imagenet mean", "standardise"],
            ["normalize", "imagenet_mean", "imagenet_std", "BatchNorm2d"]),
        .init(
            [
                "train test split", "train_test_split", "random_split", "validation set", "holdout",
                "test set",
            ], ["split", "kfold", "subset", "evaluate"]),
        .init(["shuffle", "randperm"], ["shuffle", "permutation"]),
        .init(["concat datasets", "concatdataset", "merge datasets"], ["concat"]),
        .init(
            ["class counts", "class frequency", "class distribution", "pixel counts"],
            ["pixels_with", "bincount", "bars"], "`data.counts`"),
        .init(["class names", "labels"], ["with_classes", "with_labels"], "`data.classes`"),
        .init(
            ["imread", "read image", "load image", "png", "jpeg", "pil", "opencv"],
            ["read_image", "write_image", "show"]),
        .init(["imwrite", "save image", "save picture"], ["write_image", "show", "overlay"]),
        // Models and layers.
        .init(
            ["model", "models", "network", "architecture", "pretrained", "torchvision", "model zoo"],
            ["deeplabv3", "deeplabv3plus", "unet", "fcn", "lraspp", "Sequential", "summary", "models"]),
        .init(
            ["deeplab"], ["deeplabv3", "deeplabv3plus", "deeplabv3_resnet50", "deeplabv3_mobilenet_v3_large"]),
        .init(
            ["unet", "u-net", "encoder decoder", "skip connection"],
            ["unet", "unet_resnet50", "ConvTranspose2d", "cat", "type"], "a `type` with `forward` is a model"),
        .init(
            ["backbone", "encoder", "feature extractor"],
            ["resnet50", "resnet101", "mobilenet_v2", "mobilenet_v3_large", "Backbone"]),
        .init(
            ["own model", "custom model", "nn.module", "module", "own layer", "custom layer"],
            ["type", "Sequential", "parameter"]),
        .init(["convolution", "conv"], ["Conv2d", "conv2d", "conv_norm"]),
        .init(
            ["deconvolution", "transposed convolution", "convtranspose2d", "upsampling", "bilinear"],
            ["ConvTranspose2d", "Upsample", "PixelShuffle", "interpolate"]),
        .init(
            ["pooling", "maxpool", "downsample"],
            ["MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "max_pool2d"]),
        .init(
            ["batchnorm", "batch norm", "batch normalization"], ["BatchNorm2d", "batch_norm", "conv_norm"]),
        .init(
            ["groupnorm", "group norm", "instance norm", "layer norm", "small batches"],
            ["GroupNorm", "group_norm"]),
        .init(["reflect", "replicate", "circular", "padding mode", "border"], ["pad", "Conv2d"]),
        .init(["subpixel", "sub-pixel", "depth to space"], ["PixelShuffle", "pixel_shuffle"]),
        .init(
            ["activation", "nonlinearity"],
            ["ReLU", "LeakyReLU", "SiLU", "GELU", "Hardswish", "Sigmoid", "Softmax", "relu"]),
        .init(
            ["linear layer", "dense", "fully connected"], ["Conv2d", "matmul"],
            "`Conv2d(m, n, 1)`, or `x @ w`"),
        .init(["initialization", "init weights", "xavier", "kaiming"], ["kaiming_normal", "uniform"]),
        .init(
            ["number of parameters", "parameter count", "model size", "torchinfo"],
            ["summary", "count_parameters", "parameters"]),
        .init(["flops", "macs", "gflops", "complexity"], ["multiply_adds", "summary"]),
        .init(["inference", "prediction", "segment an image"], ["predict", "overlay", "triptych"]),
        .init(["squeeze and excitation", "attention"], ["SqueezeExcitation"]),
        .init(["atrous", "dilated", "dilation"], ["Conv2d", "ASPP"]),
        .init(["auxiliary head", "aux loss"], ["trainer", "outputs", "deeplabv3"]),
        // Results.
        .init(["confusion matrix"], ["confusion", "evaluate", "most_confused", "heatmap"]),
        .init(
            ["metrics", "measure", "score", "evaluation", "accuracy", "test a model", "validate"],
            ["evaluate", "iou", "pixel_accuracy", "dice", "results"]),
        .init(
            ["miou", "mean iou", "jaccard", "intersection over union"],
            ["iou", "mean_present", "mean_over_all", "weighted_iou", "evaluate"]),
        .init(["f1", "f-score", "dice score"], ["dice", "evaluate"]),
        .init(["precision", "recall"], ["precision", "recall", "evaluate"]),
        .init(
            ["boundary", "bfscore", "contour", "boundary f1", "edges"],
            ["boundary_f1", "boundary_iou", "evaluate"]),
        .init(["compare models", "compare weights", "difference"], ["compare", "diff", "compare_weights"]),
        .init(
            [
                "significance", "significant", "confidence interval", "bootstrap", "error bars", "p-value",
                "standard error",
            ], ["compare", "interval", "cross_validate"]),
        .init(
            ["classification report", "frequency weighted iou"],
            ["evaluate", "Evaluation", "weighted_iou"]),
        .init(
            ["failure cases", "hard examples", "worst pictures"],
            ["worst", "best", "with_most", "triptych"]),
        .init(
            ["precise batch norm", "update_bn", "running statistics", "good in training, bad in evaluation"],
            ["recalibrate", "BatchNorm2d"]),
        // Seeing.
        .init(
            ["graph", "chart", "figure", "matplotlib", "curves", "subplot", "draw"],
            ["plot", "bars", "heatmap", "seeing"]),
        .init(
            ["imshow", "display image", "visualize", "view image", "picture"],
            ["show", "overlay", "triptych", "heatmap"]),
        .init(
            ["savefig", "save plot", "save figure", "export", "svg"], ["plot", "write_csv"],
            "`plot(run, save=\"f.png\")` or `\"f.svg\"`"),
        .init(["bar chart", "barplot", "bar plot"], ["bars"]),
        .init(["colormap", "color map", "matrix plot"], ["heatmap"]),
        .init(["pandas", "dataframe", "spreadsheet", "excel"], ["table", "read_csv", "write_csv", "Table"]),
        // Tensors.
        .init(
            ["array", "ndarray", "np.array", "matrix", "vector"], ["tensor", "tensors", "zeros", "matmul"]),
        .init(["view"], ["reshape"]),
        .init(["concatenate", "hstack", "vstack", "join tensors"], ["cat", "stack"]),
        .init(
            ["dot product", "mm", "bmm", "einsum", "matrix product", "matrix multiplication"],
            ["matmul", "operators"]),
        .init(["dtype", "cast", "astype", "convert type", "integer"], ["to", "int64", "float32"]),
        .init(["standard deviation", "variance"], ["std", "var"]),
        .init(["average"], ["mean", "median"]),
        .init(["random numbers", "random", "rng"], ["rand", "randn", "randint", "permutation", "seed"]),
        .init(["range", "linspace", "sequence of numbers"], ["arange", "linspace", "..."]),
        .init(["onehot", "one-hot"], ["one_hot"]),
        .init(["swap axes", "moveaxis", "swapaxes"], ["transpose", "permute"]),
        .init(["clip", "threshold"], ["clamp", "where", "clip_gradients"]),
        .init(["power", "exponent", "pow"], ["operators", "exp", "sqrt"]),
        .init(["absolute value"], ["abs"]),
        .init(["nan", "not a number", "inf", "infinity"], ["isnan", "isfinite", "nan", "inf"]),
        .init(["find", "nonzero", "argwhere"], ["where", "argmax", "index_of"]),
        .init(["convert to list", "tolist", "numpy"], ["to_list", "item", "tensor"]),
        .init(["length", "size", "numel", "count elements"], ["len", "shape"]),
        // The language.
        .init(["append", "add element"], ["push", "insert"]),
        .init(["dictionary", "hash", "struct"], ["record", "dict"]),
        .init(["sort list", "order by"], ["sorted", "sort", "argsort"]),
        .init(
            ["time", "timing", "timer", "benchmark", "tic toc", "timeit"], ["clock", "duration_text"],
            "`:time E` at the prompt"),
        .init(["variables", "workspace", "whos", "locals", "globals"], ["who"]),
        .init(
            ["delete", "remove variable", "del", "clear", "unset"], ["="],
            "`:forget NAME` removes a name, `:reset` all"),
        .init(["quit", "leave", "close", "sys.exit"], ["exit"], "Ctrl-D or `exit` leaves the prompt"),
        .init(
            ["shell", "terminal command", "bash", "system"], ["args"], "`!ls` runs a command of the shell"),
        .init(["command line", "argv", "arguments"], ["args"]),
        .init(["read file", "open file"], ["read_text", "read_csv", "read_json", "load"]),
        .init(["write file", "save file"], ["write_text", "write_csv", "write_json", "save"]),
        .init(["file", "csv", "json", "path"], ["files"]),
        .init(["glob", "listdir", "list files", "wildcard"], ["list_files"]),
        .init(["stderr", "error output"], ["eprint"]),
        .init(
            ["string formatting", "format string", "round number", "decimals"],
            ["f-string", "format", "round"]),
        .init(["repeat", "iterate"], ["for", "while"]),
        .init(["version"], ["seg_version"]),
        .init(["documentation", "manual", "docs"], ["help"]),
        .init(["deep copy", "clone", "deepcopy"], ["copy", "isolated"]),
        .init(
            ["test", "assertion", "unit test"], ["assert"],
            "`seg test DIR` runs scripts with `# expect: …` comments"),
        .init(["web", "download", "internet"], ["official_weights"]),
    ]
}
