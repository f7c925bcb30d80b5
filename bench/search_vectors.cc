#include "bench/search_vectors.h"

#include <cmath>
#include <utility>
#include <vector>

#include "libs/base/hash.h"
#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::bench {
namespace {

constexpr size_t kDimensions = 384, kCentres = 2'000, kLinkedAtOnce = 20'000;
constexpr int kLinkThreads = 2;

// Random directions and their neighbourhoods.
class Centres : public search::TextEncoder {
 public:
  Centres() : numbers_(kCentres * kDimensions) {
    base::Random random(1);
    AddNoise(random, absl::MakeSpan(numbers_));
  }

  size_t dimensions() const override { return kDimensions; }
  absl::Status Encode(absl::Span<const search::TextToEncode> texts, absl::Span<float> out) const override {
    if (out.size() != texts.size() * kDimensions) return absl::InvalidArgumentError("out has another size");
    for (size_t i = 0; i < texts.size(); ++i) {
      Near(base::StableHash(texts[i].text), out.subspan(i * kDimensions, kDimensions));
    }
    return absl::OkStatus();
  }

  // A vector of length 1 near a centre, both by `seed`.
  void Near(uint64_t seed, absl::Span<float> out) const {
    base::Random random(seed);
    const float* centre = &numbers_[random.Below(kCentres) * kDimensions];
    std::copy(centre, centre + kDimensions, out.begin());
    AddNoise(random, out);
    float square = 0;
    for (const float x : out) square += x * x;
    for (float& x : out) x /= std::sqrt(square);
  }

 private:
  // Eight numbers of each draw, even within −128 … 127.
  static void AddNoise(base::Random& random, absl::Span<float> out) {
    for (size_t i = 0; i < out.size(); i += 8) {
      uint64_t bits = random();
      for (size_t j = i; j < i + 8; ++j, bits >>= 8)
        out[j] += static_cast<float>(static_cast<int8_t>(bits & 0xff)) + .5F;
    }
  }

  std::vector<float> numbers_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const search::Meaning>> MakeMeaning(const search::IndexView& view) {
  const auto centres = std::make_shared<Centres>();
  search::VectorOptions options;
  options.dimensions = kDimensions;
  ASSIGN_OR_RETURN(std::shared_ptr<search::VectorIndex> vectors, search::VectorIndex::Create(options));
  std::vector<float> vector(kDimensions);
  for (size_t part = 0; part < view.parts().size(); ++part) {
    for (const uint32_t row : view.segment(static_cast<uint32_t>(part)).row) {
      centres->Near(row, absl::MakeSpan(vector));
      RETURN_IF_ERROR(vectors->Set(row, vector));
    }
  }
  while (vectors->LinkPending(kLinkedAtOnce, kLinkThreads) > 0) {
  }
  auto meaning = std::make_shared<search::Meaning>();
  meaning->sentences = centres;
  meaning->sentence_vectors = std::move(vectors);
  return meaning;
}

}  // namespace kontor::bench
