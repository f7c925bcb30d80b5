#include "libs/domain/search/features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace kontor::search {
namespace {

constexpr float kMostPrice = 3;
constexpr size_t kLongestRun = 4;
constexpr float kLeastSoft = 0.3F;  // terms less alike have nothing to do with each other

struct FeatureFact {
  absl::string_view name;
  bool speaks_for = false;
  float prior = 0;
};

constexpr FeatureFact kFacts[kFeatures] = {
    {"prior", true},
    {"prior_gap", true},
    {"prior_place", true},
    {"lexical", true},
    {"lexical_share", true},
    {"lexical_place", true},
    {"lexical_best"},
    {"cosine", true},
    {"cosine_gap", true},
    {"cosine_place", true},
    {"cosine_best"},
    {"catalogue_cosine", true, 0.15F},
    {"fused", true, 1},
    {"terms_matched"},
    {"terms_share", true},
    {"mass_share", true, 0.15F},
    {"any_mass_share", true},
    {"soft_mass", true, 0.3F},
    {"missing_mass"},
    {"brand_mass", true},
    {"category_mass", true},
    {"attributes_mass", true},
    {"codes_mass", true},
    {"description_mass", true},
    {"query_terms"},
    {"query_characters"},
    {"title_terms"},
    {"title_covered", true},
    {"adjacent"},
    {"adjacent_mass", true, 0.03F},
    {"run", true, 0.3F},
    {"in_order", true},
    {"window", true},
    {"first_place"},
    {"full", true, 0.3F},
    {"surface_mass", true, 0.3F},
    {"joined", true, 0.3F},
    {"head", true},
    {"head_in_head", true},
    {"head_is_head", true, 0.07F},
    {"head_place", true},
    {"head_mass", true},
    {"first_term", true},
    {"title_begins", true},
    {"brand", true, 0.03F},
    {"numbers"},
    {"numbers_share", true},
    {"measures_share", true, 0.15F},
    {"popularity", true},
    {"in_stock", true},
    {"price"},
    {"age"},
    {"affinity", true},
};
static_assert(kFeatures == 53);

float Share(float part, float whole) { return whole > 0 ? part / whole : 0; }

// 1 / (1 + scores above this one) of scores in falling order.
float Place(const std::vector<float>& scores, float score) {
  const auto above = std::partition_point(scores.begin(), scores.end(), [&](float x) { return x > score; });
  return 1 / (1 + static_cast<float>(above - scores.begin()));
}

// What is the same for all candidates of a query.
class QueryContext {
 public:
  QueryContext(const RankQuery& query, absl::Span<const RankCandidate> candidates)
      : terms_(absl::MakeConstSpan(query.terms).first(std::min(query.terms.size(), kMaxRankTerms))),
        head_(std::min(query.head, std::max<size_t>(terms_.size(), 1) - 1)),
        characters_(query.characters) {
    for (size_t i = 0; i < terms_.size(); ++i) {
      mass_ += Mass(i);
      if (i > 0) pair_mass_ += PairMass(i);
      all_ |= Bit(i);
      if (terms_[i].kind != text::Token::Kind::kWord) numbers_ |= Bit(i);
      if (terms_[i].kind == text::Token::Kind::kMeasure) measures_ |= Bit(i);
    }
    Cosines(candidates);
    for (const RankCandidate& candidate : candidates) {
      lexical_.push_back(candidate.lexical);
      if (candidate.price_micros > 0) prices_.push_back(candidate.price_micros);
    }
    std::sort(lexical_.rbegin(), lexical_.rend());
    std::sort(cosines_.rbegin(), cosines_.rend());
    std::sort(prices_.begin(), prices_.end());
  }

  static uint64_t Bit(size_t i) { return uint64_t{1} << i; }
  absl::Span<const RankTerm> terms() const { return terms_; }
  size_t head() const { return head_; }
  size_t characters() const { return characters_; }
  uint64_t all() const { return all_; }  // terms
  uint64_t numbers() const { return numbers_; }
  uint64_t measures() const { return measures_; }
  float mean_cosine() const { return mean_cosine_; }
  float best_lexical() const { return lexical_.empty() ? 0 : lexical_.front(); }
  float best_cosine() const { return cosines_.empty() ? 0 : cosines_.front(); }
  float LexicalPlace(float score) const { return Place(lexical_, score); }
  float CosinePlace(float score) const { return Place(cosines_, score); }

  float Mass(size_t i) const { return terms_[i].idf * terms_[i].weight; }
  float PairMass(size_t second) const { return std::min(Mass(second - 1), Mass(second)); }
  float MassShare(uint64_t matched) const {
    float sum = 0;
    for (matched &= all_; matched != 0; matched &= matched - 1)
      sum += Mass(static_cast<size_t>(__builtin_ctzll(matched)));
    return Share(sum, mass_);
  }
  float SoftMassShare(uint64_t matched, absl::Span<const float> soft) const {
    float sum = 0;
    for (size_t i = 0; i < std::min(terms_.size(), soft.size()); ++i) {
      if ((matched & Bit(i)) == 0 && soft[i] >= kLeastSoft) sum += Mass(i) * std::min(soft[i], 1.0F);
    }
    return MassShare(matched) + Share(sum, mass_);
  }
  // Of pairs, each by its second term.
  float PairMassShare(uint64_t seconds) const {
    float sum = 0;
    for (; seconds != 0; seconds &= seconds - 1) sum += PairMass(static_cast<size_t>(__builtin_ctzll(seconds)));
    return Share(sum, pair_mass_);
  }
  float MissingMass(uint64_t matched) const {
    float most = 0;
    for (size_t i = 0; i < terms_.size(); ++i) {
      if ((matched & Bit(i)) == 0) most = std::max(most, Mass(i));
    }
    return Share(most, mass_);
  }
  float PriceLevel(int64_t micros) const {
    if (micros <= 0 || prices_.empty()) return 0;
    const auto median = static_cast<double>(prices_[prices_.size() / 2]);
    return std::clamp(static_cast<float>(std::log(static_cast<double>(micros) / median)), -kMostPrice, kMostPrice);
  }

 private:
  void Cosines(absl::Span<const RankCandidate> candidates) {
    for (const RankCandidate& candidate : candidates) {
      if (candidate.has_cosine) cosines_.push_back(candidate.cosine);
    }
    if (cosines_.empty()) return;
    mean_cosine_ = std::accumulate(cosines_.begin(), cosines_.end(), 0.0F) / static_cast<float>(cosines_.size());
  }

  absl::Span<const RankTerm> terms_;
  size_t head_, characters_;
  float mass_ = 0, pair_mass_ = 0, mean_cosine_ = 0;
  uint64_t all_ = 0, numbers_ = 0, measures_ = 0;  // terms that are no words
  std::vector<float> lexical_, cosines_;
  std::vector<int64_t> prices_;
};

// How a title holds the query's terms.
struct TitleMatch {
  uint64_t matched = 0, in_head = 0;
  size_t covered = 0;             // places with a term
  size_t first = 0;               // place of the first one
  size_t head_place = 0;          // last place of the query's head
  bool head_is_head = false;      // the title's head ends with it
  size_t adjacent = 0;            // pairs of neighbours in both
  uint64_t adjacent_terms = 0;    // the second ones of those pairs
  size_t run = 0;                 // the longest row of such pairs, in terms
  size_t ordered = 0, pairs = 0;  // neighbouring matched places, and how many keep the query's order
};

// A step from one matched place to the next.
void Follow(size_t before, size_t mark, bool next_place, size_t& run, TitleMatch& out) {
  ++out.pairs;
  out.ordered += mark >= before;
  if (mark == before + 1 && next_place) {
    ++out.adjacent;
    out.adjacent_terms |= QueryContext::Bit(mark - 1);
    ++run;
  } else {
    run = 1;
  }
}

TitleMatch MatchTitle(const RankCandidate& candidate, size_t terms, size_t head) {
  const absl::Span<const uint8_t> title = candidate.title;
  const size_t head_end = candidate.head_places == 0 ? title.size() : std::min(candidate.head_places, title.size());
  TitleMatch out;
  size_t before = 0, before_place = 0, run = 1;
  for (size_t place = 0; place < title.size(); ++place) {
    const size_t mark = title[place];
    if (mark == 0 || mark > terms) continue;
    if (out.covered++ == 0) {
      out.first = place;
    } else {
      Follow(before, mark, place == before_place + 1, run, out);
    }
    out.run = std::max(out.run, run);
    out.matched |= QueryContext::Bit(mark - 1);
    if (place < head_end) out.in_head |= QueryContext::Bit(mark - 1);
    if (mark == head + 1) {
      out.head_place = place;
      out.head_is_head = out.head_is_head || place + 1 == head_end;
    }
    before = mark;
    before_place = place;
  }
  return out;
}

// Places of the shortest part of the title that holds all that are matched.
size_t Window(absl::Span<const uint8_t> title, size_t terms, size_t distinct) {
  uint8_t counts[kMaxRankTerms] = {};
  size_t held = 0, begin = 0, shortest = title.size();
  for (size_t end = 0; end < title.size(); ++end) {
    const size_t mark = title[end];
    if (mark == 0 || mark > terms) continue;
    held += counts[mark - 1] == 0;
    counts[mark - 1] = static_cast<uint8_t>(std::min<int>(counts[mark - 1] + 1, 255));
    while (held == distinct) {
      shortest = std::min(shortest, end - begin + 1);
      const size_t leaving = title[begin++];
      if (leaving == 0 || leaving > terms) continue;
      held -= --counts[leaving - 1] == 0;
    }
  }
  return shortest;
}

class RowWriter {
 public:
  RowWriter(const QueryContext& query, float* row) : query_(query), row_(row) {}

  void Write(const RankCandidate& candidate) {
    const TitleMatch match = MatchTitle(candidate, query_.terms().size(), query_.head());
    Scores(candidate);
    Fields(candidate, match);
    Title(candidate.title, match);
    Head(candidate.title.size(), match);
    Values(candidate);
  }

 private:
  float& At(Feature feature) { return row_[static_cast<size_t>(feature)]; }

  void Scores(const RankCandidate& candidate) {
    At(Feature::kLexical) = candidate.lexical;
    At(Feature::kLexicalShare) = Share(candidate.lexical, query_.best_lexical());
    At(Feature::kLexicalPlace) = query_.LexicalPlace(candidate.lexical);
    At(Feature::kLexicalBest) = query_.best_lexical();
    const float cosine = candidate.has_cosine ? candidate.cosine : query_.mean_cosine();
    At(Feature::kCosine) = cosine;
    At(Feature::kCosineGap) = cosine - query_.best_cosine();
    At(Feature::kCosinePlace) = query_.CosinePlace(cosine);
    At(Feature::kCosineBest) = query_.best_cosine();
    At(Feature::kCatalogueCosine) = candidate.catalogue_cosine;
    At(Feature::kFused) = candidate.fused;
  }

  void Fields(const RankCandidate& candidate, const TitleMatch& match) {
    uint64_t any = match.matched;
    for (const uint64_t field : candidate.matched) any |= field;
    const auto mass = [&](Field field) { return query_.MassShare(candidate.matched[static_cast<size_t>(field)]); };
    const auto terms = static_cast<float>(query_.terms().size());
    const auto matched = static_cast<float>(__builtin_popcountll(match.matched));
    At(Feature::kTermsMatched) = matched;
    At(Feature::kTermsShare) = Share(matched, terms);
    At(Feature::kMassShare) = query_.MassShare(match.matched);
    At(Feature::kSoftMass) = query_.SoftMassShare(match.matched, candidate.soft);
    At(Feature::kAnyMassShare) = query_.MassShare(any);
    At(Feature::kMissingMass) = query_.MissingMass(any);
    At(Feature::kBrandMass) = mass(Field::kBrand);
    At(Feature::kCategoryMass) = mass(Field::kCategory);
    At(Feature::kAttributesMass) = mass(Field::kAttributes);
    At(Feature::kCodesMass) = mass(Field::kCodes);
    At(Feature::kDescriptionMass) = mass(Field::kDescription);
    At(Feature::kQueryTerms) = terms;
    At(Feature::kQueryCharacters) = static_cast<float>(query_.characters());
    const auto numbers = static_cast<float>(__builtin_popcountll(query_.numbers()));
    At(Feature::kNumbers) = numbers;
    const auto found = static_cast<float>(__builtin_popcountll(query_.numbers() & any));
    At(Feature::kNumbersShare) = numbers > 0 ? found / numbers : 1;
    At(Feature::kMeasuresShare) = Share(static_cast<float>(__builtin_popcountll(query_.measures() & any)),
                                        static_cast<float>(__builtin_popcountll(query_.measures())));
  }

  void Title(absl::Span<const uint8_t> title, const TitleMatch& match) {
    const auto length = static_cast<float>(title.size());
    const size_t terms = query_.terms().size();
    const auto distinct = static_cast<size_t>(__builtin_popcountll(match.matched));
    At(Feature::kTitleTerms) = length;
    At(Feature::kTitleCovered) = Share(static_cast<float>(match.covered), length);
    At(Feature::kAdjacent) = static_cast<float>(match.adjacent);
    At(Feature::kAdjacentMass) = query_.PairMassShare(match.adjacent_terms);
    At(Feature::kRun) = static_cast<float>(std::min(match.run, kLongestRun)) / static_cast<float>(kLongestRun);
    At(Feature::kInOrder) = Share(static_cast<float>(match.ordered), static_cast<float>(match.pairs));
    At(Feature::kWindow) =
        distinct == 0 ? 0 : static_cast<float>(distinct) / static_cast<float>(Window(title, terms, distinct));
    At(Feature::kFirstPlace) = match.covered == 0 ? 1 : Share(static_cast<float>(match.first), length);
    At(Feature::kFull) = static_cast<float>(terms > 0 && distinct == terms);
    At(Feature::kFirstTerm) = static_cast<float>(match.matched & 1);
    At(Feature::kTitleBegins) = static_cast<float>(match.covered > 0 && match.first == 0);
  }

  void Head(size_t length, const TitleMatch& match) {
    const uint64_t head = query_.terms().empty() ? 0 : QueryContext::Bit(query_.head());
    const bool there = (match.matched & head) != 0;
    At(Feature::kHead) = static_cast<float>(there);
    At(Feature::kHeadInHead) = static_cast<float>((match.in_head & head) != 0);
    At(Feature::kHeadIsHead) = static_cast<float>(match.head_is_head);
    At(Feature::kHeadPlace) = there ? static_cast<float>(match.head_place) / static_cast<float>(length) : -1;
    At(Feature::kHeadMass) = query_.MassShare(match.in_head);
  }

  void Values(const RankCandidate& candidate) {
    At(Feature::kPopularity) = std::log1p(std::max(candidate.popularity, 0.0F));
    At(Feature::kInStock) = candidate.stock == 0 ? 0 : 1;
    At(Feature::kPrice) = query_.PriceLevel(candidate.price_micros);
    At(Feature::kAge) = std::log1p(std::max(candidate.age_days, 0.0F));
    At(Feature::kAffinity) = candidate.affinity;
    At(Feature::kBrand) = candidate.brand;
    At(Feature::kSurfaceMass) = query_.MassShare(candidate.surface);
    At(Feature::kJoined) = static_cast<float>(__builtin_popcountll(candidate.joined & query_.all()));
  }

  const QueryContext& query_;
  float* row_;
};

// The sum by hand in every row, and how it stands among the rows.
void WritePriors(std::vector<float>& rows) {
  std::vector<float> priors;
  for (size_t row = 0; row < rows.size(); row += kFeatures) {
    float sum = 0;
    for (size_t i = 0; i < kFeatures; ++i) sum += kFacts[i].prior * rows[row + i];
    priors.push_back(sum);
  }
  std::vector<float> sorted = priors;
  std::sort(sorted.rbegin(), sorted.rend());
  for (size_t i = 0; i < priors.size(); ++i) {
    float* row = rows.data() + i * kFeatures;
    row[static_cast<size_t>(Feature::kPrior)] = priors[i];
    row[static_cast<size_t>(Feature::kPriorGap)] = priors[i] - sorted.front();
    row[static_cast<size_t>(Feature::kPriorPlace)] = Place(sorted, priors[i]);
  }
}

}  // namespace

float PriorWeight(Feature feature) { return kFacts[static_cast<size_t>(feature)].prior; }

absl::string_view FeatureName(Feature feature) { return kFacts[static_cast<size_t>(feature)].name; }

bool SpeaksFor(Feature feature) { return kFacts[static_cast<size_t>(feature)].speaks_for; }

void FeatureRows(const RankQuery& query, absl::Span<const RankCandidate> candidates, std::vector<float>& rows) {
  const QueryContext context(query, candidates);
  rows.assign(candidates.size() * kFeatures, 0);
  for (size_t i = 0; i < candidates.size(); ++i) RowWriter(context, rows.data() + i * kFeatures).Write(candidates[i]);
  for (float& value : rows) {
    if (!std::isfinite(value)) value = 0;
  }
  WritePriors(rows);
}

}  // namespace kontor::search
