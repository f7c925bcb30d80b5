#include "bench/request_mix.h"

#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::bench {

namespace v1 = kontor::recommendations::v1;

absl::StatusOr<RequestMix> RequestMix::Load(const std::string& path, const std::string& parent) {
  std::ifstream file(path);
  if (!file.is_open()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  RequestMix mix;
  std::set<std::string> customers;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() != 5) return absl::InvalidArgumentError(absl::StrCat(path, ": no five fields in \"", line, "\""));
    v1::RecommendRequest& request = mix.requests.emplace_back();
    request.set_parent(parent);
    request.set_customer_id(fields[1]);
    request.set_country(fields[3]);
    request.set_store_id(fields[4]);
    request.set_placement(fields[0] == "basket" ? v1::PLACEMENT_BASKET : v1::PLACEMENT_FOR_YOU);
    for (absl::string_view product : absl::StrSplit(fields[2], ',', absl::SkipEmpty())) {
      request.add_basket_product_ids(std::string(product));
    }
    if (!fields[1].empty() && customers.insert(fields[1]).second) mix.customers.push_back(fields[1]);
  }
  if (mix.requests.empty() || mix.customers.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " names no known customer"));
  }
  return mix;
}

}  // namespace kontor::bench
