#include "services/search/engines.h"

#include "libs/base/status.h"
#include "services/search/opensearch_document.h"
#include "services/search/opensearch_engine.h"

namespace kontor::search {

absl::StatusOr<Engines> Engines::Create(const fleet::Fleet& fleet) {
  Engines engines(std::make_unique<OwnEngine>());
  if (!fleet.opensearch.has_value()) return engines;
  ASSIGN_OR_RETURN(engines.client_, opensearch::Client::Create(fleet.opensearch->client));
  for (const fleet::Shop& shop : fleet.shops) {
    engines.elsewhere_.emplace(shop.id, std::make_unique<OpenSearchEngine>(*engines.client_, OpenSearchAlias(shop.id)));
  }
  return engines;
}

const SearchEngine& Engines::Of(absl::string_view shop) const {
  const auto found = elsewhere_.find(shop);
  return found == elsewhere_.end() ? *own_ : *found->second;
}

}  // namespace kontor::search
