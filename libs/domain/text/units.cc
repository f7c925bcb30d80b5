#include "libs/domain/text/units.h"

#include <array>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::text {
namespace {

struct UnitRow {
  Unit unit;
  const char* forms;     // a unit wherever they stand; the name is one of them
  const char* behind;    // a unit behind a number only
  const char* attached;  // a unit behind a number without a blank only
};

constexpr UnitRow kUnits[] = {
    // Lengths
    {{"in", "inch"}, "inch inches", "in ins zoll", ""},
    {{"ft", "foot"}, "foot feet ft", "", ""},
    {{"yd", "yard"}, "yard yards yd yds", "", ""},
    {{"mi", "mile"}, "mile miles", "mi", ""},
    {{"mm", "millimeter"}, "millimeter millimeters millimetre millimetres mm", "", ""},
    {{"cm", "centimeter"}, "centimeter centimeters centimetre centimetres cm", "", ""},
    {{"m", "meter"}, "meter meters metre metres", "m mtr", ""},
    {{"km", "kilometer"}, "kilometer kilometers kilometre kilometres km", "", ""},
    {{"mil", "mil"}, "mil mils", "", ""},
    {{"ga", "gauge"}, "gauge awg", "ga", ""},
    // Weights
    {{"oz", "ounce"}, "ounce ounces oz", "", ""},
    {{"lb", "pound"}, "pound pounds lb lbs", "", ""},
    {{"g", "gram"}, "gram grams gramm gramme grammes", "g gr", ""},
    {{"kg", "kilogram"}, "kilogram kilograms kilo kilos kilogramm kg kgs", "", ""},
    {{"mg", "milligram"}, "milligram milligrams mg", "", ""},
    {{"ton", "ton"}, "ton tons", "", ""},
    // Volumes
    {{"gal", "gallon"}, "gallon gallons gal gals", "", ""},
    {{"qt", "quart"}, "quart quarts qt qts", "", ""},
    {{"pt", "pint"}, "pint pints", "pt pts", ""},
    {{"l", "liter"}, "liter liters litre litres ltr", "l lt", ""},
    {{"ml", "milliliter"}, "milliliter milliliters millilitre millilitres ml", "", ""},
    {{"cl", "centiliter"}, "centiliter centilitre cl", "", ""},
    {{"cc", "cc"}, "cc", "", ""},
    // Electricity, power, light
    {{"w", "watt"}, "watt watts", "w", ""},
    {{"kw", "kilowatt"}, "kilowatt kilowatts kw", "", ""},
    {{"v", "volt"}, "volt volts", "v vac vdc", ""},
    {{"a", "amp"}, "amp amps ampere amperes", "", "a"},
    {{"ah", "ah"}, "ah", "", ""},
    {{"mah", "mah"}, "mah", "", ""},
    {{"wh", "wh"}, "wh", "", ""},
    {{"kwh", "kwh"}, "kwh", "", ""},
    {{"hp", "horsepower"}, "horsepower hp", "", ""},
    {{"btu", "btu"}, "btu btus", "", ""},
    {{"lm", "lumen"}, "lumen lumens", "lm", ""},
    {{"k", "kelvin"}, "kelvin", "", "k"},
    {{"hz", "hertz"}, "hertz hz", "", ""},
    {{"mhz", "mhz"}, "mhz", "", ""},
    {{"ghz", "ghz"}, "ghz", "", ""},
    {{"gb", "gigabyte"}, "gigabyte gigabytes gb", "", ""},
    {{"tb", "terabyte"}, "terabyte terabytes tb", "", ""},
    {{"mb", "megabyte"}, "megabyte megabytes mb", "", ""},
    // Flow, pressure, speed, angle
    {{"psi", "psi"}, "psi", "", ""},
    {{"gpm", "gpm"}, "gpm", "", ""},
    {{"gpf", "gpf"}, "gpf", "", ""},
    {{"cfm", "cfm"}, "cfm", "", ""},
    {{"rpm", "rpm"}, "rpm", "", ""},
    {{"db", "decibel"}, "decibel decibels db", "", ""},
    {{"deg", "degree"}, "degree degrees", "deg", ""},
    {{"pct", "percent"}, "percent", "pct", ""},
    // Numbers of things
    {{"pk", "pack"}, "pack packs pk", "", ""},
    {{"pc", "piece"}, "piece pieces pcs", "pc", ""},
    {{"ct", "count"}, "", "count ct", ""},
    // Areas and volumes in one word
    {{"sqft", "square foot"}, "", "sqft ft2 sf", ""},
    {{"sqin", "square inch"}, "", "sqin in2", ""},
    {{"sqyd", "square yard"}, "", "sqyd yd2", ""},
    {{"sqm", "square meter"}, "", "sqm m2", ""},
    {{"cuft", "cubic foot"}, "", "cuft ft3", ""},
    {{"cuin", "cubic inch"}, "", "cuin in3", ""},
    {{"cuyd", "cubic yard"}, "", "cuyd yd3", ""},
    {{"cum", "cubic meter"}, "", "m3", ""},
    {{"floz", "fluid ounce"}, "", "floz", ""},
};

enum class Reach : uint8_t { kAnywhere, kBehindNumber, kAttached };
struct Form {
  const Unit* unit;
  Reach reach;
};

const absl::flat_hash_map<std::string, Form>& Forms() {
  static const auto& forms = *[] {
    auto* all = new absl::flat_hash_map<std::string, Form>();
    for (const UnitRow& row : kUnits) {
      const std::array<std::pair<const char*, Reach>, 3> lists = {
          {{row.forms, Reach::kAnywhere}, {row.behind, Reach::kBehindNumber}, {row.attached, Reach::kAttached}}};
      for (const auto& [list, reach] : lists) {
        for (absl::string_view form : absl::StrSplit(list, ' ', absl::SkipEmpty()))
          all->emplace(form, Form{&row.unit, reach});
      }
    }
    return all;
  }();
  return forms;
}

}  // namespace

const Unit* FindUnit(absl::string_view word, bool attached) {
  if (word.size() > 12) return nullptr;
  const auto found = Forms().find(word);
  if (found == Forms().end() || (found->second.reach == Reach::kAttached && !attached)) return nullptr;
  return found->second.unit;
}

const Unit* FindUnit(absl::string_view first, absl::string_view second) {
  absl::string_view kind;
  if (first == "sq" || first == "square") kind = "sq";
  if (first == "cu" || first == "cubic") kind = "cu";
  if (first == "fl" || first == "fluid") kind = "fl";
  if (kind.empty()) return nullptr;
  const Unit* unit = FindUnit(second, false);
  return unit == nullptr ? nullptr : FindUnit(absl::StrCat(kind, unit->symbol), false);
}

absl::string_view LongUnitName(absl::string_view word) {
  if (word.size() > 12) return {};
  if (word == "sq") return "square";
  if (word == "cu") return "cubic";
  const auto found = Forms().find(word);
  return found == Forms().end() || found->second.reach != Reach::kAnywhere ? absl::string_view()
                                                                           : found->second.unit->name;
}

}  // namespace kontor::text
