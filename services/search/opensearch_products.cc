#include "services/search/opensearch_products.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/domain/search/segment_builder.h"
#include "services/search/opensearch_document.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;

constexpr char kForms = '\x01', kSeparator = '\x1f';

// "%41" → "A".
std::string Unescaped(absl::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 2 < name.size()) {
      out += absl::HexStringToBytes(name.substr(i + 1, 2));
      i += 2;
    } else if (name[i] != '%') {
      out += name[i];
    }
  }
  return out;
}

// One or several of a field.
template <typename Visit>
void ForEachIn(const Json& source, const char* field, Visit visit) {
  const auto found = source.find(field);
  if (found == source.end() || found->is_null()) return;
  if (!found->is_array()) return visit(*found);
  for (const Json& value : *found) visit(value);
}

Product ProductIn(const Json& source) {
  Product product;
  product.id = source.at("id").get<std::string>();
  product.group_id = source.value("group", "");
  if (!product.group_id.empty() && product.group_id[0] == kSeparator) product.group_id.clear();
  product.title = source.value("title", "");
  product.brand = source.value("brand", "");
  product.available_at_us = source.value("available_at", int64_t{0});
  std::string deepest;
  ForEachIn(source, "category", [&](const Json& value) {
    if (value.get_ref<const std::string&>().size() > deepest.size()) deepest = value.get<std::string>();
  });
  if (!deepest.empty()) product.category_path = CategoryPath(deepest);
  ForEachIn(source, "attr", [&](const Json& value) {
    std::pair<std::string, std::string> sides =
        absl::StrSplit(value.get_ref<const std::string&>(), absl::MaxSplits(kSeparator, 1));
    product.attributes.push_back({std::move(sides.first), std::move(sides.second)});
  });
  if (!source.contains("num")) return product;
  for (const auto& [name, numbers] : source.at("num").items()) {
    const std::string attribute = Unescaped(name);
    ForEachIn(source.at("num"), name.c_str(), [&](const Json& number) {
      product.attributes.push_back({attribute, "", number.get<double>(), true});
    });
  }
  return product;
}

LiveValues LiveIn(const Json& source) {
  LiveValues live;
  live.price_micros = source.value("price", int64_t{-1});
  live.stock = source.value("stock", -1.0F);
  live.popularity = source.value("popularity", 0.0F);
  live.margin_share = source.value("margin_share", 0.0F);
  return live;
}

// Terms of a field that is told as terms alone.
void AppendTerms(const std::vector<std::string>& values, Field field, AnalysedProduct& out) {
  for (const std::string& value : values) {
    bool gap = !out.terms.empty() && out.terms.back().field == static_cast<uint8_t>(field);
    for (const absl::string_view position : absl::StrSplit(value, ' ', absl::SkipEmpty())) {
      bool same_place = false;
      for (const absl::string_view form : absl::StrSplit(position, kForms)) {
        AnalysedProduct::Term term;
        term.begin = static_cast<uint32_t>(out.text.size());
        term.size = static_cast<uint32_t>(form.size());
        term.field = static_cast<uint8_t>(field);
        term.same_place = std::exchange(same_place, true);
        term.gap = std::exchange(gap, false);
        term.counts = !term.same_place;
        absl::StrAppend(&out.text, form);
        out.terms.push_back(term);
      }
    }
  }
}

double SortKey(const Json& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!value.is_number()) return kInfinity;
  if (value.is_number_integer()) {
    const auto whole = value.get<int64_t>();
    const bool none = whole == std::numeric_limits<int64_t>::max() || whole == std::numeric_limits<int64_t>::min();
    return none ? kInfinity : static_cast<double>(whole);
  }
  const double key = value.get<double>();
  return std::isfinite(key) ? key : kInfinity;
}

NodeHit HitIn(const Json& in) {
  NodeHit hit;
  hit.id = in.at("_id").get<std::string>();
  if (in.contains("_score") && in.at("_score").is_number()) hit.score = in.at("_score").get<float>();
  if (in.contains("sort")) {
    const Json& sort = in.at("sort");
    for (size_t i = 0; i + 1 < sort.size(); ++i) hit.sort.push_back(SortKey(sort[i]));
    hit.sequence = sort.back().get<uint64_t>();
  }
  if (!in.contains("_source")) return hit;
  const Json& source = in.at("_source");
  hit.product = ProductIn(source);
  hit.live = LiveIn(source);
  hit.sequence = source.value("seq", hit.sequence);
  const auto take = [&](Field field, std::vector<std::string>& into) {
    ForEachIn(source, TermField(field).c_str(), [&](const Json& terms) { into.push_back(terms.get<std::string>()); });
  };
  take(Field::kCodes, hit.code_terms);
  take(Field::kDescription, hit.description_terms);
  return hit;
}

}  // namespace

const char kProductSource[] =
    R"(["id","seq","group","title","brand","category","attr","num","available_at","price","stock","popularity",)"
    R"("margin_share","t_codes","t_description"])";

absl::StatusOr<NodeHits> ReadHits(absl::string_view answer) {
  try {
    const Json in = Json::parse(answer);
    if (in.value("timed_out", false)) return absl::DeadlineExceededError("OpenSearch ran out of time");
    if (in.contains("_shards") && in.at("_shards").value("failed", 0) > 0) {
      return absl::UnavailableError("a shard of OpenSearch did not answer");
    }
    NodeHits out;
    const Json& hits = in.at("hits");
    if (hits.contains("total")) out.total = hits.at("total").at("value").get<uint64_t>();
    for (const Json& hit : hits.at("hits")) out.hits.push_back(HitIn(hit));
    if (in.contains("aggregations")) out.aggregations = in.at("aggregations").dump();
    return out;
  } catch (const Json::exception& e) {
    return absl::InternalError(absl::StrCat("OpenSearch answers otherwise than was asked: ", e.what()));
  }
}

NodeProducts::NodeProducts(const text::Analyzer& analyzer, const IndexView& like, uint64_t documents)
    : analyzer_(analyzer), documents_(documents), generation_(like.generation()) {
  for (size_t field = 0; field < kFields; ++field) {
    tokens_[field] = static_cast<uint64_t>(
        std::llround(like.average_length(static_cast<Field>(field)) * static_cast<double>(documents)));
  }
}

std::vector<DocRef> NodeProducts::AddPart(const std::vector<NodeHit>& hits) {
  SegmentBuilder builder(*values_);
  std::vector<text::Token> tokens;
  std::vector<uint32_t> rows;
  for (const NodeHit& hit : hits) {
    const auto [row, added] = rows_.try_emplace(hit.id, static_cast<uint32_t>(rows_.size()));
    rows.push_back(row->second);
    if (!added) continue;
    AnalysedProduct product = AnalyseProduct(analyzer_, hit.product, tokens);
    AppendTerms(hit.code_terms, Field::kCodes, product);
    AppendTerms(hit.description_terms, Field::kDescription, product);
    builder.Add(product, hit.sequence, row->second, hit.live);
  }
  if (builder.documents() > 0) {
    IndexView::Part part;
    part.segment = builder.Seal(parts_.size() + 1);
    part.alive = std::make_shared<const Bits>(AllBits(part.segment->documents));
    if (parts_.empty()) {  // the first stands for all that is not here
      part.alive_count = static_cast<uint32_t>(documents_);
      part.tokens = tokens_;
    }
    parts_.push_back(std::move(part));
  }
  const std::shared_ptr<const IndexView> view = View();
  std::vector<DocRef> docs;
  for (const uint32_t row : rows) docs.push_back(view->FindRow(row).value_or(DocRef()));
  return docs;
}

std::shared_ptr<const IndexView> NodeProducts::View() const {
  return std::make_shared<const IndexView>(parts_, values_, generation_);
}

}  // namespace kontor::search
