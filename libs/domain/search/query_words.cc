#include "libs/domain/search/query_words.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::search {
namespace {

using Role = QueryWords::Role;

struct Table {
  std::vector<std::pair<Role, const char*>> phrases;  // separated by commas
  std::vector<std::pair<const char*, double>> numbers;
};

const Table& English() {
  static const auto& table = *new Table{
      {{Role::kFiller,
        "can you,could you,would you,will you,can i,could "
        "i,may i,"
        "show me,find me,get me,give me,tell me,help me find,help me,let me see,search for,look for,looking for,i am "
        "looking for,"
        "im looking for,we are looking for,i am searching for,im searching for,i need,i want,i would like,id like,we "
        "need,i am after,im after,to buy,to find,to get,"
        "to see,to order,to purchase,buy me,where can i,where do i,where to,how can i,do you have,do you sell,do you "
        "carry,"
        "do you guys have,have you got,have you any,you got any,is there,are there,what are,what is,whats,which are,i "
        "am trying to find,im trying to find,a pair of,"
        "pairs of,a set of,some kind of,something like"},
       {Role::kPolite, "please,pls,thanks,thank you,thank you very much,if possible"},
       {Role::kSoftFiller,
        "hey,hi,hello,ok,okay,so,well,um,uh,yes,a,an,the,some,any,all,me,my,for "
        "me,buy,find,show,get,there,good,nice,best,the best"},
       {Role::kBelow, "under,below,less than,cheaper than,lower than,not more than,no more than,<,<="},
       {Role::kBelowMoney, "up to,at most,max,maximum,within,not over,for less than,for under"},
       {Role::kAbove, "over,above,more than,greater than,>,>="},
       {Role::kAboveMoney, "from,at least,min,minimum,starting at,starting from,not less than,no less than"},
       {Role::kAround, "around,about,approximately,roughly,circa"},
       {Role::kBelowAfter,
        "or less,or under,or below,or cheaper,and under,and below,and less,max,maximum,tops,at most"},
       {Role::kAboveAfter, "or more,or above,or over,and up,and above,and over,and more,plus,minimum,at least"},
       {Role::kPriceLead,
        "for,at,price,prices,priced,priced at,cost,costs,costing,that cost,that costs,which cost,which costs,with a "
        "price,price range,in the price range"},
       {Role::kBetween, "between,from"},
       {Role::kAnd, "and,to,-"},
       {Role::kTo, "to,-"},
       {Role::kCheap,
        "cheap,cheaper,affordable,inexpensive,budget,low cost,low price,low priced,not expensive,not too expensive"},
       {Role::kCheapest, "cheapest,the cheapest,lowest price,lowest priced"},
       {Role::kPremium, "premium,luxury,luxurious,high end,expensive,top quality,high quality"},
       {Role::kNot, "not,without,except,excluding,but not,but no,and not,that is not,that are not,thats not,with no"},
       {Role::kOr, "or,nor"},
       {Role::kArticle, "a,an,the,any,in,made of,of"},
       {Role::kStop,
        "a,an,the,and,or,of,for,with,in,on,to,by,at,from,as,is,it,its,be,are,that,this,your,you,my,me,i,up,into,over,"
        "per,w,s,amp,not,no,can,do,does,what,how"}},
      {{"zero", 0},      {"one", 1},       {"two", 2},       {"three", 3},    {"four", 4},      {"five", 5},
       {"six", 6},       {"seven", 7},     {"eight", 8},     {"nine", 9},     {"ten", 10},      {"eleven", 11},
       {"twelve", 12},   {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16},  {"seventeen", 17},
       {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},   {"thirty", 30},  {"forty", 40},    {"fifty", 50},
       {"sixty", 60},    {"seventy", 70},  {"eighty", 80},   {"ninety", 90},  {"hundred", 100}, {"thousand", 1000}}};
  return table;
}

const Table& German() {
  static const auto& table = *new Table{
      {{Role::kFiller,
        "kannst du,können sie,könnten sie,könntest du,zeig mir,zeige mir,zeigen sie mir,such "
        "mir,suche nach,finde mir,ich suche,"
        "ich brauche,ich möchte,ich will,ich hätte gern,ich hätte gerne,wir suchen,habt ihr,haben sie,gibt es,wo finde "
        "ich,wo kann ich,was kostet,zu kaufen,ein paar,ein set,kaufen"},
       {Role::kPolite, "bitte,danke,vielen dank"},
       {Role::kSoftFiller,
        "hey,hi,hallo,ok,okay,also,mal,mir,der,die,das,den,ein,eine,einen,einem,einer,irgendwelche,gute,gutes,guten"},
       {Role::kBelow, "unter,weniger als,billiger als,günstiger als,nicht mehr als,<,<="},
       {Role::kBelowMoney, "bis,bis zu,höchstens,maximal,max"},
       {Role::kAbove, "über,mehr als,>,>="},
       {Role::kAboveMoney, "ab,mindestens,von,min"},
       {Role::kAround, "um,etwa,ungefähr,circa,ca,rund"},
       {Role::kBelowAfter, "oder weniger,und weniger,und darunter,oder billiger,maximal,höchstens"},
       {Role::kAboveAfter, "oder mehr,und mehr,und darüber,aufwärts,mindestens"},
       {Role::kPriceLead, "für,preis,zum preis,zum preis von,das kostet,die kosten,der kostet,kostet"},
       {Role::kBetween, "zwischen,von"},
       {Role::kAnd, "und,bis,-"},
       {Role::kTo, "bis,-"},
       {Role::kCheap,
        "billig,billige,billiger,billigen,günstig,günstige,günstiger,günstigen,günstiges,preiswert,preiswerte,nicht "
        "teuer,nicht zu teuer"},
       {Role::kCheapest, "billigste,billigsten,günstigste,günstigsten,am billigsten,am günstigsten"},
       {Role::kPremium, "hochwertig,hochwertige,hochwertiger,hochwertigen,luxus,luxuriös,premium,teuer,teure"},
       {Role::kNot, "nicht,nicht aus,ohne,außer,ausser,kein,keine,keinen,aber nicht,aber ohne"},
       {Role::kOr, "oder,noch"},
       {Role::kArticle, "der,die,das,den,ein,eine,einen,aus"},
       {Role::kStop,
        "der,die,das,den,dem,des,ein,eine,einen,einem,einer,und,oder,für,mit,in,im,auf,an,am,aus,von,vom,zu,zum,zur,"
        "bei,als,ist,nicht"}},
      {{"null", 0},      {"ein", 1},       {"eins", 1},      {"eine", 1},      {"zwei", 2},     {"drei", 3},
       {"vier", 4},      {"fünf", 5},      {"sechs", 6},     {"sieben", 7},    {"acht", 8},     {"neun", 9},
       {"zehn", 10},     {"elf", 11},      {"zwölf", 12},    {"fünfzehn", 15}, {"zwanzig", 20}, {"dreißig", 30},
       {"dreissig", 30}, {"vierzig", 40},  {"fünfzig", 50},  {"sechzig", 60},  {"siebzig", 70}, {"achtzig", 80},
       {"neunzig", 90},  {"hundert", 100}, {"tausend", 1000}}};
  return table;
}

const Table& French() {
  static const auto& table = *new Table{
      {{Role::kFiller,
        "peux tu,pouvez vous,pourriez "
        "vous,montre moi,montrez moi,trouve moi,trouvez moi,"
        "je cherche,je recherche,nous cherchons,jai besoin de,jai besoin dun,jai besoin dune,je veux,je "
        "voudrais,jaimerais,avez vous,est ce que vous avez,y a t il,où puis je trouver,"
        "à acheter,une paire de"},
       {Role::kPolite, "merci,sil vous plaît,sil vous plait,sil te plaît,sil te plait,svp,stp"},
       {Role::kSoftFiller, "bonjour,salut,ok,alors,le,la,les,un,une,des,du,de,moi,bon,bonne,bons,bonnes"},
       {Role::kBelow, "moins de,moins que,sous,moins cher que,pas plus de,<,<="},
       {Role::kBelowMoney, "jusquà,jusqu à,au plus,maximum,max,au maximum"},
       {Role::kAbove, "plus de,au dessus de,>,>="},
       {Role::kAboveMoney, "à partir de,au moins,minimum,min,dès"},
       {Role::kAround, "environ,autour de,vers"},
       {Role::kBelowAfter, "ou moins,et moins,maximum,max,au plus,au maximum"},
       {Role::kAboveAfter, "ou plus,et plus,minimum,au moins"},
       {Role::kPriceLead, "pour,à,prix,au prix,au prix de,à un prix,qui coûte,qui coûtent"},
       {Role::kBetween, "entre,de"},
       {Role::kAnd, "et,à,-"},
       {Role::kTo, "à,-"},
       {Role::kCheap, "pas cher,pas chère,pas chers,pas chères,bon marché,économique,économiques,abordable,abordables"},
       {Role::kCheapest, "le moins cher,la moins chère,les moins chers,les moins chères,moins cher"},
       {Role::kPremium, "haut de gamme,luxe,de luxe,premium,cher,chère"},
       {Role::kNot, "pas,pas en,pas de,sans,sauf,hors,excepté,mais pas,mais sans"},
       {Role::kOr, "ou,ni"},
       {Role::kArticle, "le,la,les,un,une,des,du,de,en"},
       {Role::kStop,
        "le,la,les,l,un,une,des,du,de,d,et,ou,pour,avec,dans,en,sur,à,au,aux,par,est,pas,sans,ce,cette,mon,ma"}},
      {{"zéro", 0},      {"un", 1},      {"une", 1},     {"deux", 2},    {"trois", 3},     {"quatre", 4},
       {"cinq", 5},      {"six", 6},     {"sept", 7},    {"huit", 8},    {"neuf", 9},      {"dix", 10},
       {"douze", 12},    {"quinze", 15}, {"vingt", 20},  {"trente", 30}, {"quarante", 40}, {"cinquante", 50},
       {"soixante", 60}, {"cent", 100},  {"cents", 100}, {"mille", 1000}}};
  return table;
}

QueryWords Compile(const Table& table) {
  QueryWords words;
  for (const auto& [role, list] : table.phrases) {
    for (absl::string_view phrase : absl::StrSplit(list, ',')) {
      words.phrases[phrase].push_back(role);
      words.first_words.emplace(phrase.substr(0, phrase.find(' ')));
    }
  }
  for (const auto& [word, value] : table.numbers) words.numbers.emplace(word, value);
  for (const auto& [code, list] :
       {std::pair("USD", "$,usd,dollar,dollars,buck,bucks"), std::pair("EUR", "€,eur,euro,euros"),
        std::pair("GBP", "£,gbp,pound sterling,quid"), std::pair("JPY", "¥,jpy,yen"),
        std::pair("CHF", "chf,franken,fr"), std::pair("CAD", "cad"), std::pair("AUD", "aud"), std::pair("SEK", "sek"),
        std::pair("PLN", "pln,zł"), std::pair("INR", "₹,inr,rupees,rs")}) {
    for (absl::string_view name : absl::StrSplit(list, ',')) words.currencies.emplace(name, code);
  }
  return words;
}

}  // namespace

size_t QueryWords::Find(const std::vector<std::string>& words, size_t at, Role role) const {
  if (at >= words.size() || !first_words.contains(words[at])) return 0;
  std::string phrase;
  size_t longest = 0;
  for (size_t n = 1; n <= kPhraseWordsMax && at + n <= words.size(); ++n) {
    absl::StrAppend(&phrase, n == 1 ? "" : " ", words[at + n - 1]);
    if (Is(phrase, role)) longest = n;
  }
  return longest;
}

bool QueryWords::Is(absl::string_view word, Role role) const {
  const auto found = phrases.find(word);
  return found != phrases.end() && std::find(found->second.begin(), found->second.end(), role) != found->second.end();
}

const QueryWords& WordsOf(absl::string_view language) {
  static const auto& english = *new QueryWords(Compile(English()));
  static const auto& german = *new QueryWords(Compile(German()));
  static const auto& french = *new QueryWords(Compile(French()));
  return language == "de" ? german : language == "fr" ? french : english;
}

}  // namespace kontor::search
