// The names that the contract promises scripts, from its chapter on the library, and those
// that are still missing.

/// Names of the contract that come with work still to be done; a test fails when one of them
/// exists, or another is missing.
let namesStillDue: [String] = []

let contractNames = """
    abs exp log log2 log10 sqrt sin cos tanh floor ceil round sign clamp minimum maximum
    sum mean var std min max argmin argmax prod any all cumsum sort argsort topk unique histogram bincount
    where matmul reshape transpose permute expand squeeze unsqueeze cat stack chunk flip pad roll gather
    tensor zeros ones full eye arange linspace rand randn randint permutation
    one_hot softmax log_softmax sigmoid relu hardswish hardsigmoid conv2d batch_norm max_pool2d avg_pool2d
    dropout interpolate to item allclose seed
    float32 float64 int64 int32 uint8 bool
    torch grad value_and_grad parameter buffer no_grad training evaluating
    len map filter reduce zip enumerate sorted reversed push pop keys values contains join split_text upper
    lower replace format print table read_csv write_csv read_json write_json clock
    error copy save load read_tensors write_tensors help who
    camseq camvid cityscapes voc folder regroup streets split kfold concat shuffle subset resize normalize augment
    hflip vflip rotate scale crop shift brightness contrast saturation hue noise blur cutout tiles batches
    deeplabv3_resnet50 deeplabv3_resnet101 deeplabv3_mobilenet_v3_large fcn_resnet50 fcn_resnet101
    lraspp_mobilenet_v3_large lraspp_mobilenet_v2 deeplabv3 fcn lraspp
    Conv2d BatchNorm2d ReLU Hardswish Dropout MaxPool2d Sequential
    freeze unfreeze summary parameters load_weights save_weights predict
    sgd adam adamw rmsprop step_lr poly_lr cosine_lr plateau_lr
    cross_entropy dice_loss focal_loss tversky_loss lovasz_loss
    trainer early_stop cross_validate sweep evaluate
    confusion pixel_accuracy iou dice
    inverse_frequency median_frequency laplace enet effective_number linear max_scaled explain compare_weights
    plot bars heatmap show overlay triptych
    """.split(whereSeparator: \.isWhitespace).map(String.init)

/// What scripts find of stdlib/ besides: what a user of the guide calls, and the types that `is` and
/// `help` name. A definition becomes public by its `##` documentation; a test asks that it is listed here.
let publicNamesOfStdlib = """
    halving uniform kaiming_normal conv_norm deeplab_head diff fcn_head mobilenet_v2 mobilenet_v3_large
    resnet50 resnet101 mean_present median training_memory memory_advice training_seconds sum_of warmup
    clip_gradients outputs try_weights balanced inverse_sqrt mean_one ignore_classes
    Fold CrossValidation Halving ReLU6 Hardsigmoid Sigmoid Softmax Identity Backbone SqueezeExcitation
    ConvTranspose2d GroupNorm LeakyReLU SiLU GELU Dropout2d PixelShuffle PixelUnshuffle
    group_norm dropout2d pixel_shuffle pixel_unshuffle
    unet unet_encoder unet_resnet50 unet_resnet101 UNetHead UNetResNetHead DeepLabPlusHead
    deeplabv3plus deeplabv3plus_resnet50 deeplabv3plus_resnet101 deeplabv3plus_mobilenet_v3_large
    AvgPool2d AdaptiveAvgPool2d Upsample ASPP Difference LRASPPHead LoadReport Segmenter Summary
    Evaluation Table Epoch Event History Best Loss Optimizer Schedule Trainer WeightComparison
    Explanation WeightTrials worst with_most Worst recalibrate
    precision recall mean_over_all weighted_iou most_confused boundary_f1 boundary_iou best compare interval
    Comparison Predictions report contact pooled run_record
    """.split(whereSeparator: \.isWhitespace).map(String.init)
