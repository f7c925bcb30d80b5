#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/search/opensearch_gathering.h"

namespace kontor::search {

using Json = nlohmann::json;

absl::Status OpenSearchGathering::ReadCounts(const NodeHits& answer) {
  try {
    const Json in = Json::parse(answer.aggregations);
    words_ = in.at("words").at("doc_count").get<uint64_t>();
    set_.all_words = in.at("all_words").at("doc_count").get<uint64_t>();
    if (question_.group_variants) set_.total = in.at("groups").at("n").at("value").get<uint64_t>();
  } catch (const Json::exception& e) {
    return absl::InternalError(absl::StrCat("OpenSearch counts otherwise than was asked: ", e.what()));
  }
  ASSIGN_OR_RETURN(FacetAnswer facets, ReadFacets(facets_, answer.aggregations));
  set_.facets = std::move(facets.facets);
  set_.ranges = std::move(facets.ranges);
  boundaries_ = std::move(facets.boundaries);
  return absl::OkStatus();
}

absl::Status OpenSearchGathering::FindFacetBoundaries() {
  FacetQuestion again;
  again.filters = facets_.filters;
  std::vector<size_t> places;
  for (size_t i = 0; i < boundaries_.size(); ++i) {
    if (!facets_.ranges[i].boundaries.empty() || facets_.ranges[i].buckets == 0 || set_.ranges[i].count == 0) continue;
    RangeSpec spec = facets_.ranges[i];
    spec.boundaries = boundaries_[i];
    if (spec.boundaries.empty()) spec.boundaries = {set_.ranges[i].most};  // one bucket, in the end
    again.ranges.push_back(std::move(spec));
    places.push_back(i);
  }
  if (places.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const NodeHits answer,
                   node_.Search(absl::StrCat(R"({"size":0,"track_total_hits":false,"query":)", SetQuery(),
                                             ",\"aggs\":{", FacetAggregations(again), "}}")));
  ASSIGN_OR_RETURN(FacetAnswer counted, ReadFacets(again, answer.aggregations));
  for (size_t i = 0; i < places.size(); ++i) {
    std::vector<RangeBucket>& buckets = set_.ranges[places[i]].buckets;
    for (const RangeBucket& bucket : counted.ranges[i].buckets) {
      if (bucket.count > 0) buckets.push_back(bucket);
    }
  }
  return absl::OkStatus();
}

}  // namespace kontor::search
