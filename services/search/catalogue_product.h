#pragma once

#include "libs/domain/search/document.h"
#include "libs/platform/catalogue/records.h"

namespace kontor::search {

// A product of the catalogue in the engine's words. A number that cannot be read stays a text.
Product ProductOf(const catalogue::ProductSnapshot& snapshot);

}  // namespace kontor::search
