#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/search/document.h"
#include "libs/domain/text/analyzer.h"

// What the second stage of ranking looks at.
namespace kontor::search {

inline constexpr size_t kMaxRankTerms = 64;  // of a query; later ones are not looked at

// A word of the query.
struct RankTerm {
  float idf = 0;     // of its term in the index; of a term that stands nowhere for one that it does not know
  float weight = 1;  // below 1 for a guess, such as a corrected word
  text::Token::Kind kind = text::Token::Kind::kWord;
};

struct RankQuery {
  std::vector<RankTerm> terms;  // in the query's order
  size_t head = 0;              // index of the term that names what is wanted (QueryHead)
  uint32_t characters = 0;      // of the text
};

// A candidate. Borrows.
struct RankCandidate {
  // By place in the title: 0, or 1 + the index of the query's term that stands there, or one of its alternatives.
  absl::Span<const uint8_t> title;
  // How many of those places are the title's head (TitleHead); 0: not known, then all.
  size_t head_places = 0;
  // By field, bit i: the query's term i stands there. The title's is worked out from `title`.
  std::array<uint64_t, kFields> matched{};
  uint64_t surface = 0;  // bit i: the title has the query's term i as it is written, not only its stem (SurfaceMatches)
  uint64_t joined = 0;   // bit i: the query's term i is met by a compound, joined or split
  // By term of the query: how near the title's nearest term is to it (SoftMatcher), within [0, 1]; empty: not known.
  absl::Span<const float> soft;
  float lexical = 0;           // BM25F
  float cosine = 0;            // of the query's vector and the product's
  bool has_cosine = false;     // false: one of the two vectors is not there
  float catalogue_cosine = 0;  // the same of the vectors learned from the catalogue; 0 where one is not there
  float fused = 0;             // what the first stage ranked by
  int64_t price_micros = -1;   // -1: unknown
  float stock = -1;            // -1: unknown
  float popularity = 0;        // >= 0
  float age_days = -1;         // since it is available; -1: unknown
  int8_t brand = 0;            // 1: of the brand that is asked for; -1: of another one; 0: none is asked for
  float affinity = 0;          // of the customer's vector and the product's; 0 for a stranger
};

// Columns of a row. Shares are within [0, 1]; "mass" is the sum of idf times weight over terms of the query.
enum class Feature : uint8_t {
  kPrior,         // the sum by hand of what follows: PriorWeight
  kPriorGap,      // to the best of the candidates, <= 0
  kPriorPlace,    // 1 / (1 + place by it), equal ones at the same place
  kLexical,       // as given
  kLexicalShare,  // over the best of the candidates
  kLexicalPlace,  // as kPriorPlace
  kLexicalBest,   // the best of the candidates: the query's
  kCosine,        // as given; where there is none, the mean of the candidates that have one
  kCosineGap,     // to the best of the candidates, <= 0
  kCosinePlace,   // as kPriorPlace
  kCosineBest,
  kCatalogueCosine,
  kFused,
  kTermsMatched,  // terms of the query in the title
  kTermsShare,    // of the query's terms
  kMassShare,     // of the query's mass, in the title
  kAnyMassShare,  // in any field
  kSoftMass,      // kMassShare, terms that the title lacks counting by how near its nearest term is
  kMissingMass,   // the largest mass of a term that stands in no field, over the query's
  kBrandMass,     // share of the mass in the field, as the four below
  kCategoryMass,
  kAttributesMass,
  kCodesMass,
  kDescriptionMass,
  kQueryTerms,
  kQueryCharacters,
  kTitleTerms,
  kTitleCovered,   // share of the title's places with a term of the query
  kAdjacent,       // pairs of neighbours in the query that are neighbours in the title, in order
  kAdjacentMass,   // such pairs by the smaller mass of the two, over that of all neighbours in the query
  kRun,            // the longest run of the query's neighbours in the title, at most 4, over 4
  kInOrder,        // share of the matched terms' neighbouring pairs that keep the query's order
  kWindow,         // matched terms over the places of the shortest part of the title that holds them all; 0: none
  kFirstPlace,     // of the first match over the title's length; 1: none
  kFull,           // 1 when every term of the query stands in the title
  kSurfaceMass,    // share of the mass that the title has as it is written
  kJoined,         // terms met by a compound
  kHead,           // 1 when the query's head stands in the title
  kHeadInHead,     // 1 when it stands in the title's head
  kHeadIsHead,     // 1 when it ends the title's head: the product is what is wanted
  kHeadPlace,      // its last place in the title over the length; -1: none
  kHeadMass,       // share of the mass in the title's head
  kFirstTerm,      // 1 when the query's first word stands in the title
  kTitleBegins,    // 1 when the title's first term is asked for: mostly its brand
  kBrand,          // as given
  kNumbers,        // numbers, measures and codes of the query
  kNumbersShare,   // of them, in any field; 1 when there are none
  kMeasuresShare,  // of the query's measures ("3/4 in"), in any field; 0 when there are none
  kPopularity,     // log(1 + popularity)
  kInStock,        // 1, 0; unknown counts as in stock
  kPrice,          // log of the price over the candidates' median price, within ±3; unknown: 0
  kAge,            // log(1 + days); unknown: 0
  kAffinity,
};
inline constexpr size_t kFeatures = static_cast<size_t>(Feature::kAffinity) + 1;

absl::string_view FeatureName(Feature feature);  // "lexical_share"; stable, stands in explanations
// Whether more of it can only speak for a product of the same query: what the linear ranker may weigh.
bool SpeaksFor(Feature feature);

// What a feature counts in the prior score: how an engine ranks that has learned nothing. The first stage's score is 1;
// the others were chosen by coordinate ascent of nDCG on the development half of the Home Depot queries (Kaggle 2016).
float PriorWeight(Feature feature);

// Rows of all candidates of a query, candidates.size() * kFeatures finite numbers, replacing `rows`. Linear in the
// titles' terms: about 1 µs a candidate. Whatever the order of the candidates, a candidate's row is the same.
void FeatureRows(const RankQuery& query, absl::Span<const RankCandidate> candidates, std::vector<float>& rows);

// The index of the token that names what a query wants, mostly a noun: the last word before the first "for", "with",
// "in", "to" or "by" that does not begin the query; further forms of a word are no words of their own. 0 without
// tokens.
size_t QueryHead(absl::Span<const text::Token> tokens);

// How many words of a title, further forms of them not counted, stand before what it says of the product: before the
// first comma, semicolon, bracket or dash between spaces, or "with", "for", "by", "to", "includes", or an "in" that is
// no unit. All where nothing ends it.
size_t TitleHead(absl::string_view title, absl::Span<const text::Token> tokens);

// Which words, in lower case, stand in the title between characters that are neither letters nor digits; bit i:
// words[i], of which kMaxRankTerms are looked at. ASCII case alone is folded.
uint64_t SurfaceMatches(absl::string_view title, absl::Span<const absl::string_view> words);

// From the numbers of terms, as one segment of the index has them, to the query's terms that they stand for.
class TermMarks {
 public:
  // The query's term `index` < kMaxRankTerms; the first to be added keeps a number, later ones do nothing.
  void Add(uint32_t term_number, size_t index);
  void Clear();

  // For RankCandidate::title, replacing `marks`.
  void Mark(absl::Span<const uint32_t> term_numbers, std::vector<uint8_t>& marks) const;
  // For RankCandidate::matched.
  uint64_t Matched(absl::Span<const uint32_t> term_numbers) const;

 private:
  uint8_t Find(uint32_t term_number) const;  // 0: none

  std::vector<uint32_t> numbers_;  // open addressing, a power of two, at most a quarter full
  std::vector<uint8_t> marks_;     // 0: free
  size_t used_ = 0;
};

}  // namespace kontor::search
