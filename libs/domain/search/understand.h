#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/synonyms.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

// A property that a query names: rank by it, or filter where the weight is high.
struct Preference {
  std::string field;  // "brand", or an attribute's name
  std::string value;  // as the catalogue writes it
  float weight = 0;   // share of the products with these words that have the value, in (0, 1]
  bool excluded = false;  // "not leather"
};

struct PredictedCategory {
  std::vector<std::string> path;
  double probability = 0;
};

// What a piece of the query was taken for.
struct QueryPiece {
  enum class Kind : uint8_t { kWord, kFiller, kPrice, kPricePreference, kBrand, kAttribute, kCategory, kExcluded, kPhrase, kOperator };
  Kind kind = Kind::kWord;
  uint32_t begin = 0, end = 0;  // bytes of the query
  std::string meaning;          // "price <= 50", "brand = Nike"
};

struct UnderstoodQuery {
  std::string text;                // the words that remain, for an encoder: "red running shoes for women"
  std::vector<text::Token> words;  // of the query that are searched for; begin and end in the query's bytes
  LexicalQuery lexical;
  std::vector<SynonymUse> synonyms;
  int64_t price_min_micros = -1;  // inclusive; -1: none
  int64_t price_max_micros = -1;  // inclusive; -1: none
  std::string currency;           // ISO 4217 where the query names one; the amounts are not converted
  float price_preference = 0;     // -1: cheap wanted … 1: premium wanted
  std::vector<Preference> preferences;
  std::vector<PredictedCategory> categories;  // by probability, at most five of .02 and more
  std::vector<QueryPiece> pieces;             // by position
};

// What a catalogue and its customers' clicks say about words. Immutable; thread-safe; built in the background.
class QueryModel {
 public:
  class Builder {
   public:
    explicit Builder(const text::Analyzer& analyzer);  // outlives the builder
    ~Builder();
    void Add(const Product& product);
    // So many clicks after this query went to products of this category.
    void AddClicks(absl::string_view query, const std::vector<std::string>& category_path, double clicks);
    std::shared_ptr<const QueryModel> Build() &&;

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

  ~QueryModel();
  // The categories of a query with these words. Multinomial naive Bayes over titles with Laplace's smoothing; where queries
  // were clicked, a Dirichlet prior of kClickPrior clicks in the shares of naive Bayes: (clicks + prior · share) / (all + prior).
  std::vector<PredictedCategory> Categories(absl::Span<const text::Token> words) const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit QueryModel(std::unique_ptr<const Impl> impl);
  const std::unique_ptr<const Impl> impl_;
};

// Free text → structure. Understands English, German and French function words, prices ("under 50", "between 20 and 40",
// "50-100 euros"), "cheap" and its like, negation ("not leather", "without laces", "-blue"), quotes (an unbalanced one is
// taken as none), OR between words, "+word", number words before units and prices, and spoken phrases ("hey, can you show me … please"). A word of
// the catalogue is never taken for filler where nothing else would remain. Thread-safe.
class QueryUnderstanding {
 public:
  static constexpr size_t kWordsMax = 64;  // of a query; the rest is ignored

  // INVALID_ARGUMENT: no word lists for the analyzer's language are fine (then English ones count); none otherwise.
  // `analyzer` outlives the object; `model` and `synonyms` may be null.
  QueryUnderstanding(const text::Analyzer& analyzer, std::shared_ptr<const QueryModel> model, std::shared_ptr<const Synonyms> synonyms);

  UnderstoodQuery Understand(absl::string_view query, int64_t now_us) const;

  // Words that mean something to Understand, for SpellingDictionary::Builder::AddKnown.
  static std::vector<std::string> FunctionWords(absl::string_view language);

 private:
  const text::Analyzer& analyzer_;
  const std::shared_ptr<const QueryModel> model_;
  const std::shared_ptr<const Synonyms> synonyms_;
};

}  // namespace kontor::search
