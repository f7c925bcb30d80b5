#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/search_engine.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/opensearch/client.h"

namespace kontor::search {

// Which engine answers for a shop. Thread-safe.
class Engines {
 public:
  // OpenSearch where the fleet has one, otherwise every shop's own index. INVALID_ARGUMENT as opensearch::Client says.
  static absl::StatusOr<Engines> Create(const fleet::Fleet& fleet);
  // Every shop's own index, through `own`.
  explicit Engines(std::unique_ptr<const SearchEngine> own) : own_(std::move(own)) {}

  const SearchEngine& Of(absl::string_view shop) const;
  // Null where every shop has its own index.
  const opensearch::Client* client() const { return client_.get(); }
  // Whether this process holds all of the shop's products itself.
  bool OwnIndex(absl::string_view shop) const { return elsewhere_.find(shop) == elsewhere_.end(); }

 private:
  std::unique_ptr<const SearchEngine> own_;
  std::unique_ptr<const opensearch::Client> client_;
  std::map<std::string, std::unique_ptr<const SearchEngine>, std::less<>> elsewhere_;
};

}  // namespace kontor::search
