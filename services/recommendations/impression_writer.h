#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::recommendations {

// The consumer's side of what people were shown: tables impressions and product_exposures, from live behaviour only.
// Rows of whom nothing was shown for 30 days go, a thousand a batch. Broken records are the purchase view's or nobody's
// business: they are passed over. Thread-safe.
class ImpressionWriter : public log::BatchHandler {
 public:
  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;
  bool Knows(absl::string_view type) const override;
};

// Hands every product of every shop that was shown to `take`, with how often.
absl::Status ReadExposures(
    postgres::Pool& pool,
    absl::FunctionRef<void(const std::string& shop, const std::string& product, int64_t times)> take);

}  // namespace kontor::recommendations
