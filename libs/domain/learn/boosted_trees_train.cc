#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/domain/learn/boosted_trees.h"
#include "libs/domain/learn/lambda_loss.h"

namespace kontor::learn {
namespace {

absl::Status Checked(int code, absl::string_view what) {
  if (code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("XGBoost cannot ", what, ": ", XGBGetLastError()));
}

struct Matrix {
  DMatrixHandle handle = nullptr;
  ~Matrix() {
    if (handle != nullptr) XGDMatrixFree(handle);
  }
};

struct Booster {
  BoosterHandle handle = nullptr;
  ~Booster() {
    if (handle != nullptr) XGBoosterFree(handle);
  }
};

bool InGroups(const TreeOptions& options) {
  return options.objective == TreeOptions::Objective::kSoftmax || options.objective == TreeOptions::Objective::kLambda;
}

bool BringsDerivatives(const TreeOptions& options) {
  return InGroups(options) || options.objective == TreeOptions::Objective::kHuber;
}

absl::Status CheckRows(const TreeRows& rows, const TreeOptions& options) {
  if (rows.columns == 0 || rows.columns > std::numeric_limits<uint16_t>::max() || rows.labels.empty() ||
      rows.values.size() != rows.columns * rows.labels.size() ||
      (!rows.margins.empty() && rows.margins.size() != rows.labels.size())) {
    return absl::InvalidArgumentError("give 1 to 65,535 columns, and for every label a row of as many values");
  }
  const uint64_t grouped = std::accumulate(rows.groups.begin(), rows.groups.end(), uint64_t{0});
  const bool hollow = std::find(rows.groups.begin(), rows.groups.end(), 0U) != rows.groups.end();
  if (InGroups(options) && (grouped != rows.labels.size() || hollow)) {
    return absl::InvalidArgumentError("the groups' sizes do not add up to the rows, or one is empty");
  }
  if (options.objective == TreeOptions::Objective::kLambda &&
      (options.truncation == 0 || std::any_of(rows.labels.begin(), rows.labels.end(), [](float x) { return x < 0; }))) {
    return absl::InvalidArgumentError("gains are not negative, and the truncation is at least 1");
  }
  if (options.rounds < 1 || options.rounds > 10'000 || options.depth < 1 || options.depth > 8) {
    return absl::InvalidArgumentError("rounds are 1 to 10,000, depths 1 to 8");
  }
  if (options.objective == TreeOptions::Objective::kHuber && !(options.huber_width > 0)) {
    return absl::InvalidArgumentError("the width of the squared error is above 0");
  }
  for (const auto& numbers : {rows.values, rows.labels, rows.margins}) {
    for (const float number : numbers) {
      if (!std::isfinite(number)) return absl::InvalidArgumentError("a value, label or margin is not finite");
    }
  }
  return absl::OkStatus();
}

std::vector<std::pair<std::string, std::string>> Parameters(const TreeOptions& options) {
  const bool logistic = options.objective == TreeOptions::Objective::kLogistic;
  return {{"objective", logistic ? "binary:logistic" : "reg:squarederror"},  // others bring their own derivatives
          {"eta", absl::StrCat(options.learning_rate)},
          {"max_depth", absl::StrCat(options.depth)},
          {"subsample", absl::StrCat(options.row_share)},
          {"colsample_bytree", absl::StrCat(options.column_share)},
          {"min_child_weight", absl::StrCat(options.min_child_weight)},
          {"nthread", absl::StrCat(options.threads)},
          {"seed", absl::StrCat(options.seed)},
          {"base_score", logistic ? "0.5" : "0"},  // no margin before the first tree
          {"tree_method", "hist"},
          {"verbosity", "0"}};
}

absl::Status Fill(const TreeRows& rows, Matrix& matrix) {
  RETURN_IF_ERROR(Checked(XGDMatrixCreateFromMat(rows.values.data(), rows.labels.size(), rows.columns,
                                                 std::numeric_limits<float>::quiet_NaN(), &matrix.handle),
                          "read the rows"));
  if (!rows.margins.empty()) {
    RETURN_IF_ERROR(Checked(
        XGDMatrixSetFloatInfo(matrix.handle, "base_margin", rows.margins.data(), rows.margins.size()), "read margins"));
  }
  return Checked(XGDMatrixSetFloatInfo(matrix.handle, "label", rows.labels.data(), rows.labels.size()), "read labels");
}

// Derivatives of a loss that XGBoost does not have, handed to it tree by tree.
class OwnLoss {
 public:
  OwnLoss(const TreeRows& rows, const TreeOptions& options)
      : rows_(rows),
        lambda_(options.truncation),
        objective_(options.objective),
        huber_width_(static_cast<float>(options.huber_width)),
        first_(rows.labels.size()),
        second_(rows.labels.size()) {}

  absl::Status AddTree(const Matrix& matrix, BoosterHandle booster) {
    bst_ulong size = 0;
    const float* margins = nullptr;
    RETURN_IF_ERROR(Checked(XGBoosterPredict(booster, matrix.handle, kMargins, 0, 1, &size, &margins), "predict"));
    objective_ == TreeOptions::Objective::kHuber ? Huber(margins) : DeriveGroups(margins);
    return Checked(XGBoosterBoostOneIter(booster, matrix.handle, first_.data(), second_.data(), first_.size()),
                   "add a tree");
  }

 private:
  static constexpr int kMargins = 1;
  static constexpr float kLeastSecond = 1e-6F;

  // The second is the weight of least squares reweighted (Holland and Welsch 1977): it bounds the loss from above, so
  // that a step never goes too far.
  void Huber(const float* margins) {
    for (size_t i = 0; i < first_.size(); ++i) {
      const float error = margins[i] - rows_.labels[i];
      first_[i] = std::clamp(error, -huber_width_, huber_width_);
      second_[i] = huber_width_ / std::max(std::abs(error), huber_width_);
    }
  }

  void DeriveGroups(const float* margins) {
    size_t begin = 0;
    for (const uint32_t count : rows_.groups) {
      const auto first = absl::MakeSpan(first_).subspan(begin, count);
      const auto second = absl::MakeSpan(second_).subspan(begin, count);
      const auto labels = rows_.labels.subspan(begin, count);
      objective_ == TreeOptions::Objective::kSoftmax ? Softmax({margins + begin, count}, labels, first, second)
                                                     : lambda_.Derive({margins + begin, count}, labels, first, second);
      begin += count;
    }
  }

  // Of -sum_i y_i log softmax(margins)_i, y the labels over their sum.
  static void Softmax(absl::Span<const float> margins, absl::Span<const float> labels, absl::Span<float> first,
                      absl::Span<float> second) {
    const float max = *std::max_element(margins.begin(), margins.end());
    double sum = 0, gains = 0;
    for (size_t i = 0; i < margins.size(); ++i) {
      sum += std::exp(static_cast<double>(margins[i] - max));
      gains += labels[i];
    }
    for (size_t i = 0; i < margins.size(); ++i) {
      const double p = std::exp(static_cast<double>(margins[i] - max)) / sum;
      first[i] = gains > 0 ? static_cast<float>(p - labels[i] / gains) : 0;
      second[i] = std::max(kLeastSecond, static_cast<float>(p * (1 - p)));
    }
  }

  const TreeRows& rows_;
  LambdaLoss lambda_;
  const TreeOptions::Objective objective_;
  const float huber_width_;
  std::vector<float> first_, second_;
};

absl::Status Boost(const TreeRows& rows, const TreeOptions& options, const Matrix& matrix, Booster& booster) {
  RETURN_IF_ERROR(Checked(XGBoosterCreate(&matrix.handle, 1, &booster.handle), "begin"));
  for (const auto& [name, value] : Parameters(options)) {
    RETURN_IF_ERROR(
        Checked(XGBoosterSetParam(booster.handle, name.c_str(), value.c_str()), absl::StrCat("set ", name)));
  }
  OwnLoss loss(rows, options);
  for (int round = 0; round < options.rounds; ++round) {
    if (options.cancelled && options.cancelled()) return absl::CancelledError("the training of trees was given up");
    RETURN_IF_ERROR(BringsDerivatives(options)
                        ? loss.AddTree(matrix, booster.handle)
                        : Checked(XGBoosterUpdateOneIter(booster.handle, round, matrix.handle), "add a tree"));
  }
  return absl::OkStatus();
}

}  // namespace

// Reads XGBoost's textual dump, one tree a text, one node a line:
//   0:[f2<0.25] yes=1,no=2,missing=1,gain=3.5,cover=100      7:leaf=0.125,cover=12
class TreeReader {
 public:
  TreeReader(size_t columns, int depth) {
    trees_.columns_ = columns;
    trees_.depth_ = depth;
  }

  absl::Status Add(absl::string_view dump) {
    nodes_.clear();
    for (const absl::string_view line : absl::StrSplit(dump, '\n', absl::SkipWhitespace())) {
      if (!ReadLine(line))
        return absl::InternalError(absl::StrCat("XGBoost wrote a tree that is not understood: ", line));
    }
    for (size_t k = nodes_.size(); k > 0; --k) {
      if (!SetMean(nodes_[k - 1])) return absl::InternalError("XGBoost wrote a tree with a node that is missing");
    }
    const size_t splits = trees_.splits();
    trees_.split_columns_.resize(trees_.split_columns_.size() + splits, 0);
    trees_.thresholds_.resize(trees_.thresholds_.size() + splits, std::numeric_limits<float>::max());
    trees_.values_.resize(trees_.values_.size() + trees_.nodes(), 0);
    if (!nodes_.empty()) Place(0, 0, 0);
    return absl::OkStatus();
  }

  BoostedTrees Take() && { return std::move(trees_); }

 private:
  struct Node {
    bool leaf = false;
    uint32_t column = 0, yes = 0, no = 0;
    float threshold = 0, cover = 0;
    double mean = 0;
  };

  // The number behind `name` in a line.
  template <typename T>
  static bool Read(absl::string_view line, absl::string_view name, absl::string_view end, T& out) {
    const size_t at = line.find(name);
    if (at == absl::string_view::npos) return false;
    const absl::string_view rest = line.substr(at + name.size());
    const absl::string_view number = rest.substr(0, rest.find_first_of(end));
    if constexpr (std::is_same_v<T, float>) {
      return absl::SimpleAtof(number, &out);
    } else if constexpr (std::is_same_v<T, double>) {
      return absl::SimpleAtod(number, &out);
    } else {
      return absl::SimpleAtoi(number, &out);
    }
  }

  bool ReadLine(absl::string_view line) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    uint32_t id = 0;
    Node node;
    if (!absl::SimpleAtoi(parts.first, &id) || id > 100'000 || !Read(line, "cover=", ",", node.cover)) return false;
    node.leaf = Read(line, "leaf=", ",", node.mean);
    if (!node.leaf &&
        !(Read(line, "[f", "<", node.column) && Read(line, "<", "]", node.threshold) &&
          Read(line, "yes=", ",", node.yes) && Read(line, "no=", ",", node.no) && node.column < trees_.columns_)) {
      return false;
    }
    if (nodes_.size() <= id) nodes_.resize(id + 1);
    nodes_[id] = node;
    return true;
  }

  // Children bear larger numbers than their parents.
  bool SetMean(Node& node) {
    if (node.leaf) return true;
    const auto id = static_cast<size_t>(&node - nodes_.data());
    if (node.yes <= id || node.no <= id || node.yes >= nodes_.size() || node.no >= nodes_.size())
      return node.cover == 0;
    const Node &yes = nodes_[node.yes], &no = nodes_[node.no];
    const double cover = static_cast<double>(yes.cover) + no.cover;
    node.mean = cover > 0 ? (yes.cover * yes.mean + no.cover * no.mean) / cover : (yes.mean + no.mean) / 2;
    return true;
  }

  // A node at a place of the complete tree, with all below it.
  void Place(size_t id, size_t place, int level) {
    const Node& node = nodes_[id];
    const size_t first_split = trees_.split_columns_.size() - trees_.splits();
    trees_.values_[trees_.values_.size() - trees_.nodes() + place] = static_cast<float>(node.mean);
    if (level == trees_.depth_) return;
    if (!node.leaf) {
      trees_.split_columns_[first_split + place] = static_cast<uint16_t>(node.column);
      trees_.thresholds_[first_split + place] = node.threshold;
    }
    Place(node.leaf ? id : node.yes, 2 * place + 1, level + 1);
    Place(node.leaf ? id : node.no, 2 * place + 2, level + 1);
  }

  BoostedTrees trees_;
  std::vector<Node> nodes_;
};

absl::StatusOr<BoostedTrees> BoostedTrees::Train(const TreeRows& rows, const TreeOptions& options) {
  RETURN_IF_ERROR(CheckRows(rows, options));
  Matrix matrix;
  RETURN_IF_ERROR(Fill(rows, matrix));
  Booster booster;
  RETURN_IF_ERROR(Boost(rows, options, matrix, booster));
  bst_ulong count = 0;
  const char** dumps = nullptr;
  RETURN_IF_ERROR(Checked(XGBoosterDumpModelEx(booster.handle, "", 1, "text", &count, &dumps), "write its trees"));
  TreeReader reader(rows.columns, options.depth);
  for (bst_ulong tree = 0; tree < count; ++tree) RETURN_IF_ERROR(reader.Add(dumps[tree]));
  return std::move(reader).Take();
}

}  // namespace kontor::learn
