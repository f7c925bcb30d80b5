#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/text/analyzer.h"
#include "services/search/decode.h"

// What OpenSearch holds of a product. Texts are taken apart by the shop's own analyzer, so that both engines know the
// same terms at the same places.
//
//   _id, id        the product's id
//   group          keyword: group_id; of a product without one U+001F and its id, so that groups can be counted
//   seq            long: StableHash(id) >> 1, breaks ties
//   title, path    as written, the path joined by " > "; in _source only
//   brand          keyword
//   category       keyword, an array: CategoryKey of every prefix of the path (parts joined by U+001F)
//   attr           keyword, an array: AttributeKey of every value with a text
//   num.NAME       double, an array: NumberField(name) of numeric attributes
//   t_title … t_description   text, TermField(field): an array, an element for each value of the field (a part of the
//                  path, an attribute, a code), between which no phrase matches. An element is the positions of its
//                  value, joined by blanks; a position is its forms, joined by U+0001 (which is in no term). The node
//                  takes positions apart again: every form is a term of its own, forms of one position are at the same
//                  place. Queries are searched as terms by blanks: "a b" is the term a followed by b. Lengths count
//                  positions (the own engine leaves units out).
//   price          long: micros; absent: unknown. `currency`: keyword, what it was chosen by
//   stock, popularity, margin_share   float; stock absent: unknown
//   available_at   long: µs; absent: unknown
//   vector         knn_vector of the title, length 1, cosine; only where the index was made with dimensions
//   state          in _source only: what updates are folded with
//   gone           boolean: true for what is removed, or not yet told; queries filter by false
//
// Keywords of more than 8,191 characters cannot be searched for. Broken UTF-8 is written as U+FFFD, in queries (dump
// with error_handler_t::replace) as here.
namespace kontor::search {

// "kontor-" and the shop: an alias of the index that is in force.
std::string OpenSearchAlias(absl::string_view shop);

struct OpenSearchLayout {
  std::string language;   // of the analyzer
  size_t dimensions = 0;  // of vectors; 0: without
  int shards = 1, replicas = 0;
};
// Settings and mappings, the body of PUT /index. BM25 of each text field by the k1 and b of its Field.
std::string IndexDefinition(const EngineSettings& settings, const OpenSearchLayout& layout);

std::string TermField(Field field);                                         // "t_title"
std::string NumberField(absl::string_view name);                            // "num." and the name, escaped
std::string AttributeKey(absl::string_view name, absl::string_view value);  // NAME U+001F VALUE

// A whole document, as if it had been folded from one record of each kind. `vector` may be empty.
std::string DocumentJson(const text::Analyzer& analyzer, const Product& product, const LiveValues& live,
                         absl::Span<const float> vector = {});

// The script that folds records into a document: the same as ShopSearch and catalogue::Stock do, so that records may
// come twice and topics in any order. Kept on the node under an id that changes with its text.
std::string FoldScriptId();
std::string FoldScriptBody();  // of PUT /_scripts/ID

// What is folded into one product: a record of the catalogue, a price, a level or a correction of stock.
struct ProductChange {
  const DecodedRecord* record = nullptr;
  absl::Span<const float> vector = {};  // of the title, for catalogue::ProductSnapshot
};
// Whether the record changes a product's document, and which one: the product's id, else empty.
absl::string_view ChangedProduct(const DecodedRecord& record);
// Two lines of a bulk request, with their line breaks. `changes` of one product, in order; at least one. `currency`:
// the shop's reporting currency; empty: not known yet, the product's first price counts.
std::string FoldAction(const text::Analyzer& analyzer, absl::string_view product,
                       absl::Span<const ProductChange> changes, absl::string_view currency);
// The same for a popularity, which is set.
std::string PopularityAction(absl::string_view product, float popularity);
// The body of POST /index/_update_by_query that chooses prices by `currency` where they were chosen by another.
std::string RepriceBody(absl::string_view currency);

}  // namespace kontor::search
