#include "libs/domain/recommendations/neural_source.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kKinds = 3;

struct Shape {
  absl::string_view name;
  Signal signal;
};

constexpr Shape kShapes[kKinds] = {
    {"sequence_model", {"sequence", ReasonKind::kMatchesTaste, 0.01F}},
    {"mult_vae", {"vae", ReasonKind::kMatchesTaste, 0.01F}},
    {"two_tower", {"tower", ReasonKind::kMatchesTaste, 0.01F}},
};

// What a person met, oldest first, as the models read it.
std::vector<uint32_t> HistoryOf(const Profile& profile) {
  std::vector<uint32_t> history;
  for (auto it = profile.recent().rbegin(); it != profile.recent().rend(); ++it) history.push_back(it->item);
  return history;
}

template <typename Loaded>
Loaded Accept(absl::StatusOr<Loaded> loaded, uint32_t item_count, base::ByteReader& in) {
  in.Require(loaded.ok(), loaded.ok() ? "" : loaded.status().message());
  in.Require(!loaded.ok() || (*loaded)->item_count() <= item_count, "a network knows more products than the catalogue");
  return in.status().ok() ? std::move(*loaded) : nullptr;
}

}  // namespace

NeuralSource::NeuralSource(Kind kind, std::shared_ptr<const nn::UserEncoder> encoder)
    : kind_(kind), encoder_(std::move(encoder)) {
  if (encoder_ == nullptr) return;
  const absl::Span<const float> table = encoder_->output_table(), bias = encoder_->output_bias();
  index_ = VectorIndex({table.begin(), table.end()}, {bias.begin(), bias.end()}, encoder_->dimensions());
}

absl::string_view NeuralSource::name() const { return kShapes[static_cast<size_t>(kind_)].name; }

absl::Span<const Signal> NeuralSource::signals() const { return {&kShapes[static_cast<size_t>(kind_)].signal, 1}; }

void NeuralSource::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  if (profile.recent().empty()) return;
  std::vector<float>& person = out.numbers(first);
  person.resize(encoder_->dimensions() + 1);
  const absl::Span<float> vector = absl::MakeSpan(person).subspan(1);
  if (!encoder_->Encode(HistoryOf(profile), vector).ok()) {
    person.clear();
    return;
  }
  const std::vector<ScoredItem> best = index_.Top(vector, static_cast<size_t>(limit), {true, out.AllowedWords()});
  if (best.empty()) return person.clear();
  person[0] = best.front().score;
  for (const ScoredItem& one : best) out.Nominate(one.item);
}

void NeuralSource::Describe(const Profile&, size_t first, Candidates& out) const {
  const std::vector<float>& person = out.numbers(first);
  if (person.empty()) return;
  const absl::Span<const float> vector = absl::MakeConstSpan(person).subspan(1);
  for (size_t row = 0; row < out.items().size(); ++row) {
    const ItemId item = out.items()[row];
    if (item < index_.size()) out.value(row, first) = std::exp(std::min(0.0F, index_.Score(vector, item) - person[0]));
  }
}

void NeuralSource::Save(base::ByteWriter& out) const {
  out.Value(static_cast<uint8_t>(kind_));
  out.String(encoder_->Save());
}

NeuralSource NeuralSource::Load(base::ByteReader& in, uint32_t item_count) {
  const auto kind = in.Value<uint8_t>();
  in.Require(kind < kKinds, "a network is of an unknown kind");
  const std::string bytes = in.String();
  if (!in.status().ok()) return NeuralSource(Kind::kSequence, nullptr);
  return NeuralSource(static_cast<Kind>(kind), Accept(nn::LoadUserEncoder(bytes), item_count, in));
}

absl::Span<const Signal> PairSource::signals() const {
  static constexpr Signal kAll[] = {{"pair", ReasonKind::kMatchesTaste, 0.01F}};
  return kAll;
}

void PairSource::Describe(const Profile& profile, size_t first, Candidates& out) const {
  if (profile.recent().empty()) return;
  std::vector<float>& logits = out.numbers(first);
  logits.resize(out.items().size());
  if (!scorer_->Score(HistoryOf(profile), out.items(), absl::MakeSpan(logits)).ok()) return;
  for (size_t row = 0; row < logits.size(); ++row) out.value(row, first) = 1 / (1 + std::exp(-logits[row]));
}

void PairSource::Save(base::ByteWriter& out) const { out.String(scorer_->Save()); }

PairSource PairSource::Load(base::ByteReader& in, uint32_t item_count) {
  const std::string bytes = in.String();
  if (!in.status().ok()) return PairSource(nullptr);
  return PairSource(Accept(nn::LoadPairScorer(bytes), item_count, in));
}

}  // namespace kontor::recommendations
