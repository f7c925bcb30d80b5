#include "services/recommendations/training_features.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kMaxWords = 20;  // of a title, the first ones

// Letters and digits of any script but ASCII's other signs, in lower case; single ones say nothing.
std::vector<std::string> WordsOf(absl::string_view title) {
  std::vector<std::string> words;
  std::string word;
  const auto end = [&] {
    if (word.size() > 1 && words.size() < kMaxWords) words.push_back(word);
    word.clear();
  };
  for (const char c : title) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80) {
      word.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    } else {
      end();
    }
  }
  end();
  return words;
}

// Two bands an octave.
std::string BandOf(const ItemPrice& price) {
  return absl::StrCat(price.currency, "/", std::lround(2 * std::log2(static_cast<double>(price.price))));
}

// Terms as dense numbers.
class FeatureNumbers {
 public:
  std::vector<uint32_t> Of(const ItemFact& fact, absl::string_view title) {
    std::vector<uint32_t> features;
    const auto add = [&](Term term) {
      if (term != 0) features.push_back(numbers_.try_emplace(term, numbers_.size()).first->second);
    };
    for (const Term category : fact.categories) add(category);
    add(fact.brand);
    for (const Term attribute : fact.attributes) add(attribute);
    for (const std::string& word : WordsOf(title)) add(AttributeTerm("word of the title", word));
    for (const ItemPrice& price : fact.prices) {
      if (price.price > 0) add(AttributeTerm("price band", BandOf(price)));
    }
    return features;
  }

 private:
  absl::flat_hash_map<Term, uint32_t> numbers_;
};

}  // namespace

void FillFromCatalogue(const CatalogueView& view, Catalogue& catalogue) {
  view.ChangesSince(0, [&](absl::string_view product, bool known, const ItemFact& fact) {
    if (known && fact.sold) catalogue.products.Intern(product);
  });
  FeatureNumbers numbers;
  for (uint32_t item = 0; item < catalogue.products.size(); ++item) {
    const absl::string_view product = catalogue.products.At(item);
    const ProductText text = view.Find(product);
    catalogue.product_categories.push_back(text.category.empty() ? kNone : catalogue.categories.Intern(text.category));
    catalogue.features.AppendItem(numbers.Of(view.FactOf(product), text.title));
  }
}

}  // namespace kontor::recommendations
