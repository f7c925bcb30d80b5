#include "services/recommendations/training_features.h"

#include <cstdint>

#include "services/recommendations/product_features.h"

namespace kontor::recommendations {

void FillFromCatalogue(const CatalogueView& view, Catalogue& catalogue) {
  view.ChangesSince(0, [&](absl::string_view product, const CatalogueView::Told& told) {
    if (told.known && told.fact.sold) catalogue.products.Intern(product);
  });
  FeatureNumbers numbers;
  for (uint32_t item = 0; item < catalogue.products.size(); ++item) {
    const absl::string_view product = catalogue.products.At(item);
    const ProductText text = view.Find(product);
    catalogue.product_categories.push_back(text.category.empty() ? kNone : catalogue.categories.Intern(text.category));
    catalogue.features.AppendItem(numbers.InternAll(FeatureTerms(view.FactOf(product), text.title)));
  }
  catalogue.feature_terms = numbers.terms();
}

}  // namespace kontor::recommendations
