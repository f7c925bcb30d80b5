#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/load_generator.h"
#include "bench/search_target.h"
#include "kontor/ingest/v1/ingest_service.pb.h"

namespace kontor::bench {

// A product as the files of bench search-serving name it.
struct ShopProduct {
  std::string id, title, brand, department, aisle;
};

// Lines of id, title, brand, department and aisle, separated by tabs. NOT_FOUND, INVALID_ARGUMENT.
absl::StatusOr<std::vector<ShopProduct>> ReadShopProducts(const std::string& path);

// What happens to products all day: of ten updates one is the whole product with another text, five are prices and four
// levels of stock, by a draw from a seed. Revisions grow by number. Stateless: may be asked from any thread.
class ProductUpdates {
 public:
  // Event ids and revisions begin at `run`, a time in microseconds, so that no run repeats those of another.
  ProductUpdates(const std::vector<ShopProduct>& products, std::string parent, std::string currency, int64_t run)
      : products_(products), parent_(std::move(parent)), currency_(std::move(currency)), run_(run) {}

  // Call number `index` of `per_call` updates.
  ingest::v1::SendEventsRequest Call(int64_t index, int per_call) const;

 private:
  const std::vector<ShopProduct>& products_;
  const std::string parent_, currency_;
  const int64_t run_;
};

// How long a product that was not there takes to be found: sends one whose title is a word that nobody has, and asks
// for it verbatim every 5 ms; then waits for `pause` and begins again until `go_on` says no. A latency counts from
// before the product is sent; one that is not found within 10 seconds is an error.
absl::StatusOr<LoadResult> MeasureUpdateToFound(SearchTarget& shop, SearchTarget& ingest, const std::string& parent,
                                                int64_t run, absl::Duration pause, const std::function<bool()>& go_on);

}  // namespace kontor::bench
