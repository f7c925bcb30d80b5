#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "services/search/opensearch_document.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;

// Painless. The price of a product is the one in `currency`; where it has none, it is unknown.
constexpr char kChoosePrice[] = R"(
void choosePrice(Map s, String currency) {
  s.remove('price');
  s.remove('currency');
  s.put('margin_share', 0);
  Map prices = (Map) ((Map) s.get('state')).get('prices');
  if (prices.isEmpty()) return;
  s.put('currency', currency);
  Map price = (Map) prices.get(currency);
  if (price == null) return;
  s.put('price', price.get('micros'));
  s.put('margin_share', price.get('margin'));
}
)";

// The same as CatalogueState and catalogue::Stock: of each key the highest revision counts, of the same the first.
constexpr char kFold[] = R"(
long number(def value) { return ((Number) value).longValue(); }

boolean newer(Map change, Map known) {
  return known == null || known.get('revision') == null ||
         number(change.get('revision')) > number(known.get('revision'));
}

boolean foldProduct(Map s, Map change) {
  Map state = (Map) s.get('state');
  if (!newer(change, state)) return false;
  state.put('revision', change.get('revision'));
  List kept = ['id', 'seq', 'gone', 'state', 'price', 'currency', 'stock', 'popularity', 'margin_share'];
  s.keySet().retainAll(kept);
  boolean removed = (boolean) change.get('removed');
  if (!removed) s.putAll((Map) change.get('fields'));
  s.put('gone', removed);
  return true;
}

boolean foldPrice(Map state, Map change) {
  Map prices = (Map) state.get('prices');
  if (!newer(change, (Map) prices.get(change.get('currency')))) return false;
  prices.put(change.get('currency'),
             ['revision': change.get('revision'), 'micros': change.get('micros'), 'margin': change.get('margin')]);
  return true;
}

boolean foldStock(Map state, Map change) {
  Map stock = (Map) state.get('stock');
  Map place = (Map) stock.get(change.get('location'));
  if (place == null) {
    place = ['changes': [:]];
    stock.put(change.get('location'), place);
  }
  Map changes = (Map) place.get('changes');
  long at = number(change.get('at'));
  if (change.get('kind') == 'level') {
    if (!newer(change, place)) return false;
    place.put('revision', change.get('revision'));
    place.put('nanos', change.get('nanos'));
    place.put('at', at);
    changes.values().removeIf(correction -> number(((Map) correction).get('at')) <= at);
    return true;
  }
  if (place.get('at') != null && at <= number(place.get('at'))) return false;
  if (!newer(change, (Map) changes.get(change.get('id')))) return false;
  changes.put(change.get('id'), ['revision': change.get('revision'), 'nanos': change.get('nanos'), 'at': at]);
  return true;
}

void sumStock(Map s) {
  BigInteger sum = BigInteger.ZERO;
  boolean known = false;
  for (def each : ((Map) ((Map) s.get('state')).get('stock')).values()) {
    Map place = (Map) each;
    if (place.get('revision') == null) continue;
    known = true;
    sum = sum.add(BigInteger.valueOf(number(place.get('nanos'))));
    for (def correction : ((Map) place.get('changes')).values()) {
      sum = sum.add(BigInteger.valueOf(number(((Map) correction).get('nanos'))));
    }
  }
  if (known) {
    s.put('stock', Math.max(0.0, sum.doubleValue() / 1e9));
  } else {
    s.remove('stock');
  }
}

Map s = ctx._source;
boolean changed = false;
if (s.get('state') == null) {
  s.put('state', ['prices': [:], 'stock': [:]]);
  s.put('id', params.id);
  s.put('seq', params.seq);
  s.put('popularity', 0);
  s.put('gone', true);
  changed = true;
}
Map state = (Map) s.get('state');
for (def each : params.changes) {
  Map change = (Map) each;
  if (change.get('kind') == 'popularity') {
    s.put('popularity', change.get('value'));
    changed = true;
  } else if (change.get('kind') == 'product') {
    changed = foldProduct(s, change) || changed;
  } else if (change.get('kind') == 'price') {
    changed = foldPrice(state, change) || changed;
  } else {
    changed = foldStock(state, change) || changed;
  }
}
if (!changed) {
  ctx.op = 'none';
  return;
}
String currency = params.currency;
Map prices = (Map) state.get('prices');
if (currency.isEmpty() && !prices.isEmpty()) {
  currency = s.get('currency') != null ? (String) s.get('currency') : (String) prices.keySet().iterator().next();
}
choosePrice(s, currency);
sumStock(s);
)";

std::string FoldSource() { return absl::StrCat(kChoosePrice, kFold); }

}  // namespace

std::string FoldScriptId() {
  static const auto& id =
      *new std::string(absl::StrCat("kontor-search-fold-", absl::Hex(base::StableHash(FoldSource()))));
  return id;
}

std::string FoldScriptBody() { return Json{{"script", {{"lang", "painless"}, {"source", FoldSource()}}}}.dump(); }

std::string RepriceBody(absl::string_view currency) {
  const std::string code(currency);
  return Json{
      {"query",
       {{"bool",
         {{"filter", {{{"exists", {{"field", "currency"}}}}}}, {"must_not", {{{"term", {{"currency", code}}}}}}}}}},
      {"script",
       {{"lang", "painless"},
        {"source", absl::StrCat(kChoosePrice, "choosePrice(ctx._source, params.currency);")},
        {"params", {{"currency", code}}}}}}
      .dump();
}

}  // namespace kontor::search
