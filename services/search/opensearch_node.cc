#include "services/search/opensearch_node.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/domain/search/index_scoring.h"
#include "services/search/opensearch_engine.h"
#include "services/search/opensearch_query.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;

constexpr size_t kReached = 10'000;  // a node's max_result_window

// What a caller can do something about; a query that the node refuses is our mistake.
absl::Status Told(const absl::Status& status) {
  if (status.ok() || absl::IsDeadlineExceeded(status)) return status;
  if (absl::IsUnavailable(status) || absl::IsNotFound(status)) {
    return base::Error(absl::StatusCode::kUnavailable, kReasonEngineAway,
                       absl::StrCat("OpenSearch does not answer: ", status.message()));
  }
  // These are the service's credentials, not those of the call.
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
    return base::Error(absl::StatusCode::kUnavailable, kReasonEngineAway,
                       absl::StrCat("OpenSearch does not let this service in: ", status.message()));
  }
  return absl::InternalError(absl::StrCat("OpenSearch: ", status.message()));
}

std::string VectorText(const std::vector<float>& vector) {
  return absl::StrCat(
      "[", absl::StrJoin(vector, ",", [](std::string* out, float x) { absl::StrAppend(out, JsonNumber(x)); }), "]");
}

}  // namespace

absl::StatusOr<std::string> OpenSearchNode::Send(const std::string& method, const std::string& path,
                                                 const std::string& body) const {
  absl::StatusOr<std::string> answer =
      client_.Send(method, absl::StrCat("/", opensearch::EscapePath(index_), path), body, deadline_);
  if (!answer.ok()) return Told(answer.status());
  return answer;
}

absl::StatusOr<NodeHits> OpenSearchNode::Search(const std::string& body) const {
  ASSIGN_OR_RETURN(const std::string answer,
                   Send("POST", absl::StrCat("/_search?preference=k", absl::Hex(preference_)), body));
  absl::StatusOr<NodeHits> hits = ReadHits(answer);
  if (!hits.ok()) return Told(hits.status());
  return hits;
}

absl::StatusOr<std::vector<uint64_t>> OpenSearchNode::Counts(const std::string& query,
                                                             const std::vector<std::string>& filters) const {
  std::vector<std::string> members;
  for (size_t i = 0; i < filters.size(); ++i) {
    members.push_back(absl::StrCat("\"c", i, "\":{\"filter\":", filters[i], "}"));
  }
  ASSIGN_OR_RETURN(const NodeHits answer, Search(absl::StrCat(R"({"size":0,"track_total_hits":true,"query":)", query,
                                                              ",\"aggs\":{", absl::StrJoin(members, ","), "}}")));
  std::vector<uint64_t> counts = {answer.total};
  try {
    const Json in = answer.aggregations.empty() ? Json::object() : Json::parse(answer.aggregations);
    for (size_t i = 0; i < filters.size(); ++i) {
      counts.push_back(in.at(absl::StrCat("c", i)).at("doc_count").get<uint64_t>());
    }
  } catch (const Json::exception& e) {
    return absl::InternalError(absl::StrCat("OpenSearch counts otherwise than was asked: ", e.what()));
  }
  return counts;
}

absl::StatusOr<OpenSearchNode::Frequencies> OpenSearchNode::FrequenciesOf(const LexicalQuery& query) const {
  std::vector<std::string> filters;
  for (const Slot& slot : query.slots) {
    for (const Alternative& alternative : slot.alternatives) filters.push_back(SlotQuery({{alternative}}));
  }
  ASSIGN_OR_RETURN(const std::vector<uint64_t> counts, Counts(AllOfQuery(AllowedQueries({})), filters));
  Frequencies out;
  out.documents = counts[0];
  size_t at = 1;
  for (const Slot& slot : query.slots) {
    uint64_t frequency = 0;
    for (size_t i = 0; i < slot.alternatives.size(); ++i) frequency = std::max(frequency, counts[at++]);
    out.slots.push_back({frequency, static_cast<float>(Idf(out.documents, frequency))});
  }
  return out;
}

absl::StatusOr<std::vector<NodeHit>> OpenSearchNode::Products(const std::string& query, size_t most) const {
  ASSIGN_OR_RETURN(NodeHits answer, Search(absl::StrCat("{\"size\":", std::min(most, kReached),
                                                        ",\"_source\":", kProductSource, ",\"query\":", query, "}")));
  return std::move(answer.hits);
}

absl::StatusOr<bool> OpenSearchNode::HasVectors() const {
  ASSIGN_OR_RETURN(const std::string mapping, Send("GET", "/_mapping/field/vector", ""));
  return absl::StrContains(mapping, "knn_vector");
}

absl::StatusOr<std::vector<OpenSearchNode::Near>> OpenSearchNode::ByCosine(const std::string& body) const {
  ASSIGN_OR_RETURN(const NodeHits answer, Search(body));
  std::vector<Near> near;
  for (const NodeHit& hit : answer.hits) {
    if (hit.score > 0) near.push_back({hit.id, 2 * hit.score - 1});  // scored by (1 + cosine) / 2
  }
  return near;
}

absl::StatusOr<std::vector<OpenSearchNode::Near>> OpenSearchNode::Nearest(const std::vector<float>& vector, size_t most,
                                                                          const std::string& query) const {
  return ByCosine(absl::StrCat("{\"size\":", most, R"(,"_source":false,"query":{"knn":{"vector":{"vector":)",
                               VectorText(vector), ",\"k\":", most, ",\"filter\":", query, "}}}}"));
}

absl::StatusOr<std::vector<OpenSearchNode::Near>> OpenSearchNode::Cosines(
    const std::vector<float>& vector, const std::vector<std::string>& products) const {
  return ByCosine(
      absl::StrCat("{\"size\":", products.size(), R"(,"_source":false,"query":{"script_score":{"query":)",
                   AllOfQuery({IdsQuery(products), R"({"exists":{"field":"vector"}})"}),
                   R"(,"script":{"lang":"knn","source":"knn_score","params":{"field":"vector","query_value":)",
                   VectorText(vector), R"(,"space_type":"cosinesimil"}}}}})"));
}

}  // namespace kontor::search
