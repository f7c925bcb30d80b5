#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "libs/domain/nn/pair_scorer.h"
#include "libs/domain/nn/user_encoder.h"
#include "libs/domain/recommendations/source.h"
#include "libs/domain/recommendations/vector_index.h"

namespace kontor::recommendations {

using FailureCount = std::atomic<int64_t>;  // CandidateSource::failures

// A neural model that turns what a person met last into a vector (user_encoder.h), over the exact scan of its items
// (vector_index.h):
//   signal(j) = exp(score(j) - largest score of an allowed item),
// how likely the model holds the item beside the likeliest. Knows nothing of a person without items that it learned of.
// Cost of a request: the encoder, and reading a byte a coordinate and item. Two towers score what came after the
// training, too.
class NeuralSource : public CandidateSource {
 public:
  enum class Kind : uint8_t {
    kSequence = 0,  // sequence_model.h
    kMultVae = 1,   // mult_vae.h
    kTwoTower = 2,  // two_tower.h
  };

  NeuralSource(Kind kind, std::shared_ptr<const nn::UserEncoder> encoder);

  absl::string_view name() const override;
  absl::Span<const Signal> signals() const override;
  Effort effort() const override { return Effort::kDeep; }
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile&, ItemId, Reason&) const override {}  // no single item speaks for another
  std::vector<float> EncodeItem(absl::Span<const uint32_t> features) const override;  // a row of the output table
  int64_t failures() const override { return *failures_; }

  const nn::UserEncoder& encoder() const { return *encoder_; }

  void Save(base::ByteWriter& out) const override;
  static NeuralSource Load(base::ByteReader& in, uint32_t item_count);

 private:
  // The items after the training that would be among the `limit` best beside `best`, which gives way to them.
  void MergeFresh(const LiveCatalogue* live, absl::Span<const float> vector, size_t first, size_t limit,
                  Candidates& out, std::vector<ScoredItem>& best) const;

  Kind kind_;
  std::shared_ptr<FailureCount> failures_ = std::make_shared<FailureCount>(0);
  std::shared_ptr<const nn::UserEncoder> encoder_;
  VectorIndex index_;
};

// Neural collaborative filtering (pair_scorer.h) over what the other sources nominate; nominates nothing itself:
//   signal(j) = 1 / (1 + exp(-logit(j))).
class PairSource : public CandidateSource {
 public:
  explicit PairSource(std::shared_ptr<const nn::PairScorer> scorer) : scorer_(std::move(scorer)) {}

  absl::string_view name() const override { return "neumf"; }
  absl::Span<const Signal> signals() const override;
  Effort effort() const override { return Effort::kDeep; }
  void Generate(const Profile&, int, size_t, Candidates&) const override {}
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile&, ItemId, Reason&) const override {}
  int64_t failures() const override { return *failures_; }

  void Save(base::ByteWriter& out) const override;
  static PairSource Load(base::ByteReader& in, uint32_t item_count);

 private:
  std::shared_ptr<FailureCount> failures_ = std::make_shared<FailureCount>(0);
  std::shared_ptr<const nn::PairScorer> scorer_;
};

}  // namespace kontor::recommendations
