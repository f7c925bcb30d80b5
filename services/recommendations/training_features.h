#pragma once

#include "libs/domain/recommendations/model.h"
#include "services/recommendations/catalogue_view.h"

namespace kontor::recommendations {

// Adds every product that is sold to the catalogue's products, bought before or not, with its top category, and fills
// the features of all: category levels, brand, attributes, the words of the title, the price to a factor of about 1.4.
void FillFromCatalogue(const CatalogueView& view, Catalogue& catalogue);

}  // namespace kontor::recommendations
