#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/search/document.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

// A property that a query names: rank by it, or filter where the weight is high.
struct Preference {
  std::string field;      // "brand", "category" (its last name), or an attribute's name
  std::string value;      // as the catalogue writes it
  float weight = 0;       // share of the products with these words that have the value, in (0, 1]
  bool excluded = false;  // "not leather"
};

struct PredictedCategory {
  std::vector<std::string> path;
  double probability = 0;
};

// What a catalogue and its customers' clicks say about words. Immutable; thread-safe; built anew in the background.
class QueryModel {
 public:
  static constexpr size_t kCategoriesMax = 5;
  static constexpr double kProbabilityMin = 0.02;
  static constexpr double kClickPrior = 10;

  // Collects; not thread-safe. Memory: the distinct values, and the distinct pairs of a term and a category.
  class Builder {
   public:
    explicit Builder(const text::Analyzer& analyzer);  // outlives the builder
    ~Builder();
    void Add(const Product& product);
    // So many clicks after this query went to products of this category. Clicks that are not above 0 do not count.
    void AddClicks(absl::string_view query, const std::vector<std::string>& category_path, double clicks);
    // Values that fewer than two products have are left out.
    std::shared_ptr<const QueryModel> Build() &&;

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

  // What a run of words is in the catalogue.
  struct Meaning {
    size_t words = 0;                     // of the run; 0: nothing
    std::vector<Preference> preferences;  // by weight
  };

  ~QueryModel();

  // The categories of a query with these terms, the likeliest first, of kProbabilityMin and more. Multinomial naive
  // Bayes over titles and category names (Lidstone's smoothing, .1); queries that were clicked take kClickPrior clicks
  // in the shares of naive Bayes as a Dirichlet prior: (clicks + prior · share) / (all clicks + prior).
  std::vector<PredictedCategory> Categories(absl::Span<const std::string> terms) const;
  // The longest run from terms[at] that is a brand, a category's name or a value of a property. A value's weight: its
  // products over those that have the run's rarest term anywhere but in their description.
  Meaning MeaningOf(absl::Span<const std::string> terms, size_t at) const;

 private:
  struct Impl;
  explicit QueryModel(std::unique_ptr<const Impl> impl);
  const std::unique_ptr<const Impl> impl_;
};

}  // namespace kontor::search
