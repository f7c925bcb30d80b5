#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/pool.h"
#include "services/recommendations/decode.h"

// Table products.
namespace kontor::recommendations {

struct ProductItem {
  int64_t offset = 0;
  std::string shop;
  catalogue::ProductSnapshot content;
};

// Items in the order of the log. Conflicts go to the effects.
absl::Status WriteProducts(postgres::Transaction& transaction, absl::Span<const ProductItem> items,
                           log::Effects& effects);

// Hands every product of every shop to `take`, without its description, in chunks of one statement each.
absl::Status ReadProducts(postgres::Pool& pool,
                          absl::FunctionRef<void(const std::string& shop, catalogue::ProductSnapshot product)> take);

}  // namespace kontor::recommendations
