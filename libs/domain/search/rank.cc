#include "libs/domain/search/rank.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "libs/base/bytes.h"
#include "libs/base/hash.h"

namespace kontor::search {
namespace {

constexpr absl::string_view kMagic = "KONTOR rank 1\n";
constexpr size_t kChecksumBytes = 32;
constexpr auto kPrior = static_cast<size_t>(Feature::kPrior);

// The set of features that a model's columns mean.
uint64_t FeatureSet() {
  std::string names;
  for (size_t i = 0; i < kFeatures; ++i) absl::StrAppend(&names, FeatureName(static_cast<Feature>(i)), "\n");
  return base::StableHash(names);
}

std::vector<float> AsVector(const std::array<float, kFeatures>& values) { return {values.begin(), values.end()}; }

std::array<float, kFeatures> ReadFeatures(base::ByteReader& in) {
  const std::vector<float> values = in.Array<float>();
  std::array<float, kFeatures> out{};
  in.Require(values.size() == kFeatures, "a linear ranker has another number of features");
  if (in.status().ok()) std::copy(values.begin(), values.end(), out.begin());
  return out;
}

}  // namespace

LearnedRanker::LearnedRanker() {
  linear_.scales.fill(1);
  linear_.weights[kPrior] = 1;
}

LearnedRanker::LearnedRanker(const LinearRanker& linear) : linear_(linear) {}

LearnedRanker::LearnedRanker(const LinearRanker& linear, learn::BoostedTrees trees)
    : kind_(Kind::kTrees), linear_(linear), trees_(std::move(trees)) {}

void LearnedRanker::Score(absl::Span<const float> rows, absl::Span<float> scores) const {
  if (kind_ == Kind::kLinear) return ScoreLinear(rows, scores);
  trees_.Predict(rows, scores);
  for (size_t row = 0; row < scores.size(); ++row) scores[row] += kPriorScale * rows[row * kFeatures + kPrior];
}

void LearnedRanker::ScoreLinear(absl::Span<const float> rows, absl::Span<float> scores) const {
  for (size_t row = 0; row < scores.size(); ++row) {
    const float* values = rows.data() + row * kFeatures;
    float sum = 0;
    for (size_t i = 0; i < kFeatures; ++i) {
      sum += linear_.weights[i] * (values[i] - linear_.means[i]) * linear_.scales[i];
    }
    scores[row] = sum;
  }
}

float LearnedRanker::Contributions(absl::Span<const float> row, absl::Span<float> out) const {
  if (kind_ == Kind::kTrees) {
    trees_.Contributions(row, out);
    out[kPrior] += kPriorScale * row[kPrior];
    return trees_.bias();
  }
  for (size_t i = 0; i < kFeatures; ++i) {
    out[i] = linear_.weights[i] * (row[i] - linear_.means[i]) * linear_.scales[i];
  }
  return 0;
}

std::string LearnedRanker::Save() const {
  base::ByteWriter out;
  out.Value<uint64_t>(FeatureSet());
  out.Value<uint8_t>(static_cast<uint8_t>(kind_));
  out.Array(AsVector(linear_.means));
  out.Array(AsVector(linear_.scales));
  out.Array(AsVector(linear_.weights));
  trees_.Save(out);
  std::string bytes = absl::StrCat(kMagic, out.bytes());
  return bytes + base::Sha256(bytes);
}

absl::StatusOr<LearnedRanker> LearnedRanker::Load(absl::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) return absl::InvalidArgumentError("these bytes are no learned ranker");
  if (bytes.size() < kMagic.size() + kChecksumBytes) return absl::DataLossError("the ranker is cut");
  const absl::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (base::Sha256(body) != bytes.substr(body.size())) {
    return absl::DataLossError("the ranker's checksum differs: cut or changed");
  }
  base::ByteReader in(body.substr(kMagic.size()));
  const auto set = in.Value<uint64_t>();
  if (in.status().ok() && set != FeatureSet()) {
    return absl::InvalidArgumentError("the ranker was learned over another set of features; learn it again");
  }
  LearnedRanker out;
  const auto kind = in.Value<uint8_t>();
  in.Require(kind <= static_cast<uint8_t>(Kind::kTrees), "a ranker of an unknown kind");
  out.kind_ = static_cast<Kind>(kind);
  out.linear_.means = ReadFeatures(in);
  out.linear_.scales = ReadFeatures(in);
  out.linear_.weights = ReadFeatures(in);
  out.trees_ = learn::BoostedTrees::Load(in);
  in.Require(out.kind_ == Kind::kLinear || out.trees_.columns() == kFeatures, "trees over another number of features");
  in.Require(in.AtEnd(), "there are bytes behind the ranker");
  if (!in.status().ok()) return in.status();
  return out;
}

}  // namespace kontor::search
