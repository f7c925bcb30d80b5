#include "libs/domain/recommendations/neural_source.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/recommendations/live_catalogue.h"

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
    {"two_tower", {"tower", ReasonKind::kMatchesTaste, 0.01F, 0, Effort::kDeep, true}},
};

// What a person met of what a network learned of, oldest first, as the models read it.
std::vector<uint32_t> HistoryOf(const Profile& profile, uint32_t item_count) {
  std::vector<uint32_t> history;
  for (auto it = profile.recent().rbegin(); it != profile.recent().rend(); ++it) {
    if (it->item < item_count) history.push_back(it->item);
  }
  return history;
}

bool AllFinite(absl::Span<const float> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float number) { return std::isfinite(number); });
}

float Dot(absl::Span<const float> a, absl::Span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
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
  const std::vector<uint32_t> history = HistoryOf(profile, encoder_->item_count());
  if (history.empty()) return;
  std::vector<float>& person = out.numbers(first);
  person.resize(encoder_->dimensions() + 1);
  const absl::Span<float> vector = absl::MakeSpan(person).subspan(1);
  if (!encoder_->Encode(history, vector).ok() || !AllFinite(vector)) {
    ++*failures_;
    return person.clear();
  }
  std::vector<ScoredItem> best = index_.Top(vector, static_cast<size_t>(limit), {true, out.AllowedWords()});
  MergeFresh(profile.context().live, vector, first, static_cast<size_t>(limit), out, best);
  if (best.empty()) return person.clear();
  person[0] = best.front().score;
  for (const ScoredItem& one : best) out.Nominate(one.item);
}

std::vector<float> NeuralSource::EncodeItem(absl::Span<const uint32_t> features) const {
  if (kind_ != Kind::kTwoTower || features.empty()) return {};
  std::vector<float> row(encoder_->dimensions());
  if (encoder_->EncodeItem(features, absl::MakeSpan(row)).ok() && AllFinite(row)) return row;
  ++*failures_;
  return {};
}

void NeuralSource::MergeFresh(const LiveCatalogue* live, absl::Span<const float> vector, size_t first, size_t limit,
                              Candidates& out, std::vector<ScoredItem>& best) const {
  if (live == nullptr || kind_ != Kind::kTwoTower) return;
  for (ItemId item = live->learned(); item < live->items(); ++item) {
    const std::vector<float>& row = live->Fresh(item)->codes[first];
    if (row.empty() || !out.Allowed(item)) continue;
    const float score = Dot(vector, row);
    if (best.size() == limit && score <= best.back().score) continue;
    if (best.size() == limit) best.pop_back();
    const auto place = std::upper_bound(best.begin(), best.end(), score,
                                        [](float wanted, const ScoredItem& one) { return wanted > one.score; });
    best.insert(place, {item, score});
  }
}

void NeuralSource::Describe(const Profile& profile, size_t first, Candidates& out) const {
  const std::vector<float>& person = out.numbers(first);
  if (person.empty()) return;
  const LiveCatalogue* live = profile.context().live;
  const absl::Span<const float> vector = absl::MakeConstSpan(person).subspan(1);
  const auto state = [&](size_t row, float score) {
    out.value(row, first) = std::exp(std::min(0.0F, score - person[0]));
  };
  for (size_t row = 0; row < out.items().size(); ++row) {
    const ItemId item = out.items()[row];
    const FreshItem* fresh = live == nullptr ? nullptr : live->Fresh(item);
    if (item < index_.size()) {
      state(row, index_.Score(vector, item));
    } else if (fresh != nullptr && !fresh->codes[first].empty()) {
      state(row, Dot(vector, fresh->codes[first]));
    }
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
  const std::vector<uint32_t> history = HistoryOf(profile, scorer_->item_count());
  if (history.empty()) return;
  std::vector<float>& logits = out.numbers(first);
  logits.resize(out.items().size());
  const absl::Status scored = scorer_->Score(history, out.items(), absl::MakeSpan(logits));
  if (!scored.ok() || !AllFinite(logits)) {
    ++*failures_;
    return;
  }
  for (size_t row = 0; row < logits.size(); ++row) out.value(row, first) = 1 / (1 + std::exp(-logits[row]));
}

void PairSource::Save(base::ByteWriter& out) const { out.String(scorer_->Save()); }

PairSource PairSource::Load(base::ByteReader& in, uint32_t item_count) {
  const std::string bytes = in.String();
  if (!in.status().ok()) return PairSource(nullptr);
  return PairSource(Accept(nn::LoadPairScorer(bytes), item_count, in));
}

}  // namespace kontor::recommendations
