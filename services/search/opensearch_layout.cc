#include <nlohmann/json.hpp>

#include "libs/base/hash.h"
#include "services/search/opensearch_document.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;

constexpr int kKeywordCharacters = 8191;     // Lucene takes terms of 32,766 bytes
constexpr int kPlaceCharacters = 1'000'000;  // of one position with all its forms
constexpr int kFieldsMax = 10'000;           // numeric attributes of a shop, mostly
constexpr const char* kRefreshInterval = "500ms";

// Text fields are taken apart here: blanks between positions, U+0001 between the forms of one.
Json Analysis() {
  return {
      {"tokenizer", {{"kontor_places", {{"type", "whitespace"}, {"max_token_length", kPlaceCharacters}}}}},
      {"filter",
       {{"kontor_forms", {{"type", "pattern_capture"}, {"preserve_original", false}, {"patterns", {"([^\x01]+)"}}}}}},
      {"analyzer",
       {{"kontor_indexed", {{"type", "custom"}, {"tokenizer", "kontor_places"}, {"filter", {"kontor_forms"}}}},
        {"kontor_asked", {{"type", "custom"}, {"tokenizer", "kontor_places"}}}}}};
}

Json Settings(const EngineSettings& settings, const OpenSearchLayout& layout) {
  Json similarity;
  for (size_t field = 0; field < kFields; ++field) {
    similarity[TermField(static_cast<Field>(field))] = {
        {"type", "BM25"}, {"k1", settings.bm25f.k1}, {"b", settings.bm25f.b[field]}};
  }
  Json index = {{"number_of_shards", layout.shards},
                {"number_of_replicas", layout.replicas},
                {"refresh_interval", kRefreshInterval},
                {"mapping", {{"total_fields", {{"limit", kFieldsMax}}}}},
                {"similarity", similarity},
                {"analysis", Analysis()}};
  if (layout.dimensions > 0) index["knn"] = true;
  return {{"index", index}};
}

Json Mappings(const OpenSearchLayout& layout) {
  const Json keyword = {{"type", "keyword"}, {"ignore_above", kKeywordCharacters}};
  const Json shown = {{"type", "keyword"}, {"index", false}, {"doc_values", false}};
  Json properties = {{"id", keyword},
                     {"group", keyword},
                     {"seq", {{"type", "long"}}},
                     {"title", shown},
                     {"path", shown},
                     {"brand", keyword},
                     {"category", keyword},
                     {"attr", keyword},
                     {"num", {{"type", "object"}, {"dynamic", true}}},
                     {"price", {{"type", "long"}}},
                     {"currency", keyword},
                     {"stock", {{"type", "float"}}},
                     {"popularity", {{"type", "float"}}},
                     {"margin_share", {{"type", "float"}}},
                     {"available_at", {{"type", "long"}}},
                     {"gone", {{"type", "boolean"}}},
                     {"state", {{"type", "object"}, {"enabled", false}}}};
  for (size_t field = 0; field < kFields; ++field) {
    const std::string name = TermField(static_cast<Field>(field));
    properties[name] = {
        {"type", "text"}, {"analyzer", "kontor_indexed"}, {"search_analyzer", "kontor_asked"}, {"similarity", name}};
  }
  if (layout.dimensions > 0) {
    properties["vector"] = {{"type", "knn_vector"},
                            {"dimension", layout.dimensions},
                            {"method", {{"name", "hnsw"}, {"space_type", "cosinesimil"}, {"engine", "lucene"}}}};
  }
  return {{"dynamic", false},
          {"_meta", {{"language", layout.language}}},
          {"dynamic_templates", {{{"numbers", {{"path_match", "num.*"}, {"mapping", {{"type", "double"}}}}}}}},
          {"properties", properties}};
}

}  // namespace

std::string IndexDefinition(const EngineSettings& settings, const OpenSearchLayout& layout) {
  return Json{{"settings", Settings(settings, layout)}, {"mappings", Mappings(layout)}}.dump();
}

}  // namespace kontor::search
