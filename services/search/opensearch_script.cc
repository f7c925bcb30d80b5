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

boolean isOvertaken(Map stock, def location, long at) {
  Map level = (Map) stock.get(location);
  return level != null && at <= number(level.get('at'));
}

boolean foldLevel(Map state, Map change) {
  Map stock = (Map) state.get('stock');
  if (!newer(change, (Map) stock.get(change.get('location')))) return false;
  stock.put(change.get('location'),
            ['revision': change.get('revision'), 'nanos': change.get('nanos'), 'at': change.get('at')]);
  ((Map) state.get('corrections')).values().removeIf(each -> {
    Map correction = (Map) each;
    return !((boolean) correction.get('revised')) && correction.get('location') == change.get('location') &&
           number(correction.get('at')) <= number(change.get('at'));
  });
  return true;
}

boolean foldCorrection(Map state, Map change) {
  Map corrections = (Map) state.get('corrections');
  Map known = (Map) corrections.get(change.get('id'));
  if (!newer(change, known)) return false;
  if (known == null && isOvertaken((Map) state.get('stock'), change.get('location'), number(change.get('at')))) {
    return false;
  }
  corrections.put(change.get('id'), ['location': change.get('location'), 'revision': change.get('revision'),
                                     'nanos': change.get('nanos'), 'at': change.get('at'), 'revised': known != null]);
  return true;
}

void sumStock(Map s) {
  Map stock = (Map) ((Map) s.get('state')).get('stock');
  if (stock.isEmpty()) {
    s.remove('stock');
    return;
  }
  BigInteger sum = BigInteger.ZERO;
  for (def level : stock.values()) sum = sum.add(BigInteger.valueOf(number(((Map) level).get('nanos'))));
  for (def each : ((Map) ((Map) s.get('state')).get('corrections')).values()) {
    Map correction = (Map) each;
    def location = correction.get('location');
    if (!stock.containsKey(location) || isOvertaken(stock, location, number(correction.get('at')))) continue;
    sum = sum.add(BigInteger.valueOf(number(correction.get('nanos'))));
  }
  s.put('stock', Math.max(0.0, sum.doubleValue() / 1e9));
}

Map s = ctx._source;
boolean changed = false;
if (s.get('state') == null) {
  s.put('state', ['prices': [:], 'stock': [:], 'corrections': [:]]);
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
  } else if (change.get('kind') == 'level') {
    changed = foldLevel(state, change) || changed;
  } else {
    changed = foldCorrection(state, change) || changed;
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
