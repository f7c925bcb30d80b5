#include "services/search/opensearch_document.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "libs/base/hash.h"
#include "libs/domain/search/column.h"
#include "services/search/catalogue_product.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;

constexpr std::array<const char*, kFields> kTermFields = {"t_title",      "t_brand", "t_category",
                                                          "t_attributes", "t_codes", "t_description"};
constexpr char kFormSeparator[] = "\x01";
constexpr int64_t kNanosOfMicro = 1'000;

std::string Written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string HashText(absl::string_view text) { return absl::StrCat(absl::Hex(base::StableHash(text))); }

// One value of a field: positions by blanks, forms of a position by U+0001.
void AddTerms(const text::Analyzer& analyzer, absl::string_view value, Field field, std::vector<text::Token>& tokens,
              Json& document) {
  analyzer.Analyze(value, tokens);
  if (tokens.empty()) return;
  std::string terms;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool same = i > 0 && tokens[i].position == tokens[i - 1].position;
    absl::StrAppend(&terms, i == 0 ? "" : same ? kFormSeparator : " ", tokens[i].term);
  }
  document[TermField(field)].push_back(std::move(terms));
}

void AddTexts(const text::Analyzer& analyzer, const Product& product, Json& document) {
  std::vector<text::Token> tokens;
  AddTerms(analyzer, product.title, Field::kTitle, tokens, document);
  AddTerms(analyzer, product.brand, Field::kBrand, tokens, document);
  for (const std::string& part : product.category_path) AddTerms(analyzer, part, Field::kCategory, tokens, document);
  for (const Attribute& attribute : product.attributes) {
    AddTerms(analyzer, attribute.text, Field::kAttributes, tokens, document);
  }
  for (const std::string& code : product.codes) AddTerms(analyzer, code, Field::kCodes, tokens, document);
  AddTerms(analyzer, product.description, Field::kDescription, tokens, document);
}

// All but what changes often.
Json ProductFields(const text::Analyzer& analyzer, const Product& product, absl::Span<const float> vector) {
  Json document = {{"group", product.group_id.empty() ? "\x1f" + product.id : product.group_id},
                   {"title", product.title},
                   {"path", absl::StrJoin(product.category_path, " > ")}};
  if (!product.brand.empty()) document["brand"] = product.brand;
  for (size_t depth = 1; depth <= product.category_path.size(); ++depth) {
    document["category"].push_back(CategoryKey(absl::MakeConstSpan(product.category_path).first(depth)));
  }
  for (const Attribute& attribute : product.attributes) {
    if (!attribute.text.empty()) document["attr"].push_back(AttributeKey(attribute.name, attribute.text));
    if (attribute.numeric) document["num"][NumberField(attribute.name).substr(4)].push_back(attribute.number);
  }
  if (product.available_at_us != 0) document["available_at"] = product.available_at_us;
  AddTexts(analyzer, product, document);
  if (!vector.empty()) document["vector"] = std::vector<float>(vector.begin(), vector.end());
  return document;
}

int64_t SequenceOf(absl::string_view product) { return static_cast<int64_t>(base::StableHash(product) >> 1); }

Json ChangeOf(const text::Analyzer& analyzer, const catalogue::ProductSnapshot& product,
              absl::Span<const float> vector) {
  Json change = {{"kind", "product"}, {"revision", product.revision}, {"removed", product.removed}};
  if (!product.removed) change["fields"] = ProductFields(analyzer, ProductOf(product), vector);
  return change;
}

Json ChangeOf(const catalogue::PriceSnapshot& price) {
  Json change = {{"kind", "price"},
                 {"currency", price.currency},
                 {"revision", price.revision},
                 {"micros", price.price.nanos / kNanosOfMicro},
                 {"margin", 0}};
  if (price.cost.has_value() && price.price.nanos > 0) {
    change["margin"] =
        std::max(0.0, 1 - static_cast<double>(price.cost->nanos) / static_cast<double>(price.price.nanos));
  }
  return change;
}

Json ChangeOf(const catalogue::StockLevel& level) {
  return {{"kind", "level"},
          {"location", HashText(level.location)},
          {"revision", level.revision},
          {"nanos", level.free.nanos},
          {"at", absl::ToUnixMicros(level.counted_at)}};
}

Json ChangeOf(const catalogue::StockChange& change) {
  return {{"kind", "change"},
          {"location", HashText(change.location)},
          {"id", HashText(change.id)},
          {"revision", change.revision},
          {"nanos", change.change.nanos},
          {"at", absl::ToUnixMicros(change.changed_at)}};
}

Json ChangeOf(const text::Analyzer& analyzer, const ProductChange& change) {
  const auto& content = change.record->content;
  if (const auto* product = std::get_if<catalogue::ProductSnapshot>(&content)) {
    return ChangeOf(analyzer, *product, change.vector);
  }
  if (const auto* price = std::get_if<catalogue::PriceSnapshot>(&content)) return ChangeOf(*price);
  if (const auto* level = std::get_if<catalogue::StockLevel>(&content)) return ChangeOf(*level);
  return ChangeOf(std::get<catalogue::StockChange>(content));
}

// An update that folds changes into a product's document.
std::string ActionOf(absl::string_view product, Json changes, absl::string_view currency) {
  const std::string id(product);
  const Json header = {{"update", {{"_id", id}, {"retry_on_conflict", 10}}}};
  const Json body = {
      {"scripted_upsert", true},
      {"script",
       {{"id", FoldScriptId()},
        {"params",
         {{"id", id}, {"seq", SequenceOf(id)}, {"currency", std::string(currency)}, {"changes", std::move(changes)}}}}},
      {"upsert", Json::object()}};
  return absl::StrCat(Written(header), "\n", Written(body), "\n");
}

}  // namespace

std::string OpenSearchAlias(absl::string_view shop) { return absl::StrCat("kontor-", shop); }

std::string TermField(Field field) { return kTermFields[static_cast<size_t>(field)]; }

std::string NumberField(absl::string_view name) {
  std::string field = name.empty() ? "num.%" : "num.";
  for (const char c : name) {
    if (absl::ascii_isalnum(c) || c == '_') {
      field += c;
    } else {
      absl::StrAppendFormat(&field, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return field;
}

std::string AttributeKey(absl::string_view name, absl::string_view value) { return absl::StrCat(name, "\x1f", value); }

std::string DocumentJson(const text::Analyzer& analyzer, const Product& product, const LiveValues& live,
                         absl::Span<const float> vector) {
  Json document = ProductFields(analyzer, product, vector);
  document["id"] = product.id;
  document["seq"] = SequenceOf(product.id);
  document["gone"] = false;
  if (live.price_micros >= 0) document["price"] = live.price_micros;
  if (live.stock >= 0) document["stock"] = live.stock;
  document["popularity"] = live.popularity;
  document["margin_share"] = live.margin_share;
  return Written(document);
}

absl::string_view ChangedProduct(const DecodedRecord& record) {
  return std::visit(
      [](const auto& content) -> absl::string_view {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, catalogue::ProductSnapshot> ||
                      std::is_same_v<Content, catalogue::PriceSnapshot> ||
                      std::is_same_v<Content, catalogue::StockLevel> ||
                      std::is_same_v<Content, catalogue::StockChange>) {
          return content.product;
        } else {
          return "";
        }
      },
      record.content);
}

std::string FoldAction(const text::Analyzer& analyzer, absl::string_view product,
                       absl::Span<const ProductChange> changes, absl::string_view currency) {
  Json folded = Json::array();
  for (const ProductChange& change : changes) folded.push_back(ChangeOf(analyzer, change));
  return ActionOf(product, std::move(folded), currency);
}

std::string PopularityAction(absl::string_view product, float popularity) {
  return ActionOf(product, Json::array({{{"kind", "popularity"}, {"value", popularity}}}), "");
}

}  // namespace kontor::search
