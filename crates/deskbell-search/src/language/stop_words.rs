//! Words that nearly every text of a language has: a question may hold them, what answers it need not.

/// The stop words of a language by its code, parted by spaces; none for languages without a list.
pub(super) fn of(code: &str) -> &'static str {
    match code {
        "cs" => CZECH,
        "da" => DANISH,
        "de" => GERMAN,
        "en" => ENGLISH,
        "es" => SPANISH,
        "fi" => FINNISH,
        "fr" => FRENCH,
        "it" => ITALIAN,
        "nl" => DUTCH,
        "no" => NORWEGIAN,
        "pl" => POLISH,
        "pt" => PORTUGUESE,
        "ru" => RUSSIAN,
        "sv" => SWEDISH,
        "tr" => TURKISH,
        _ => "",
    }
}

const ENGLISH: &str = "a an and any are as at be been but by can cannot could did do does doing don for from get got had has have how i if \
    in into is it its ll me my no not of on or our re should so some than that the their them then there these they this those to us ve \
    was we were what when where which who why will with would you your";

const GERMAN: &str = "aber als am an auch auf aus bei beim bin bis da das dass dem den der des die dies diese diesem diesen dieser dieses \
    doch du durch ein eine einem einen einer eines er es für hat habe haben ich ihr ihre im in ist ja kann kein keine man mein meine \
    meinem meinen meiner mich mir mit muss nach nicht noch nur oder ob sein seine sich sie sind so soll über um und uns unser von vom vor \
    wann war warum was welche welcher welches wenn wer werden wie wieso wir wird wo zu zum zur";

const FRENCH: &str = "à au aux avec ce ces cet cette comment dans de des du elle elles en est et été être il ils je la le les leur leurs \
    lui ma mais me mes moi mon ne nos notre nous on ou où par pas peut peux pour pourquoi quand que quel quelle quelles quels qui quoi sa \
    sans se ses si son sont sur ta tes toi ton tu un une vos votre vous y";

const SPANISH: &str = "a al como cómo con cual cuál cuando cuándo de del desde donde dónde el él ella ellas ellos en entre es esta está \
    este esto estos hay la las le les lo los me mi mis muy más no nos o para pero por porque puede puedo que qué quien quién se ser si sí \
    sin sobre son su sus te tu tus un una unas uno unos y ya yo";

const ITALIAN: &str = "a ad agli ai al alla alle allo anche che chi ci come con cosa da dagli dai dal dalla dalle dei del della delle \
    dello di dove e è ed essere gli ha ho i il in io la le lei li lo loro lui ma mi mia mie miei mio ne nei nel nella nelle nello no noi \
    non o per perché perchè posso può qual quale quali quando quello questa queste questi questo se si sia sono su sua sue sul sulla suo \
    tra tu tua un una uno vi voi";

const PORTUGUESE: &str = "a à ao aos as às com como da das de do dos e é ela elas ele eles em entre essa esse esta está este eu foi há isso \
    isto já lhe mais mas me meu meus minha minhas muito na nas não no nos nós o onde os ou para pela pelas pelo pelos por porque posso \
    pode qual quais quando que quem se sem ser seu seus sua suas são também te tem tu um uma umas uns você vocês";

const DUTCH: &str = "aan als bij daar dan dat de deze die dit doe door dus een en er ga had heb hebben heeft het hij hoe hun ik in is je \
    jij jouw kan kun kunnen maar me meer met mij mijn moet na naar niet nog nu of om onder ons ook op over te tot u uit uw van veel voor \
    waar waarom wanneer wat we welk welke wie wij word worden wordt zal ze zich zij zijn zo";

const SWEDISH: &str = "alla att av blir de dem den denna deras dess det detta dig din dina du där efter ej eller en er ett för från göra gör \
    ha han har hennes hon hur här i inte jag kan man med men mig min mina mitt mot ni nu när och om oss på sig sin sitt ska som så till \
    under upp ut vad var varför vi vid vilka vilken vilket vår våra är";

const DANISH: &str = "af alle at blev bliver da de dem den denne der deres det dette dig din dine du efter eller en er et for fra gør gøre \
    ham han har hende her hun hvad hvem hvilken hvilket hvis hvor hvordan hvorfor hvornår i ikke ind jeg kan man med men mig min mine mit \
    mod ned nu når og også om op os på sig sin skal som så til ud under var ved vi vil";

const NORWEGIAN: &str = "alle at av bare begge ble bli blir da de deg dem den denne der deres det dette di din dine ditt du eller en er et \
    for fra gjør gjøre ha han har hun hva hvem hver hvilken hvilke hvis hvor hvordan hvorfor i ikke inn jeg kan man med meg men min mine \
    mitt mot ned nå når og også om opp oss på seg sin skal som så til under ut var ved vi vil";

const FINNISH: &str = "ei eivät en että hän he ja jo jos joka joku jonka kanssa kuin kuinka kuka kun me mikä miksi miksi milloin minkä minun \
    minä missä mistä miten mitä mutta myös ne ne niin nyt olen on ovat se sen sinun sinä siitä sitä tai te tämä tämän voi voin";

const CZECH: &str = "a aby ale ani až bez být by co do jak jaká jaké jaký jako je jeho její jejich jen jí již já k kam kde kdo kdy když \
    která které který ke kvůli ma má mám mi mne mně moje můj může můžu my na nad nám náš ne nebo než o od on ona po pod podle pro proč \
    protože před při s se si sem své svůj ta tak také takže te tedy ten tento to tohle tu ty u v ve však z za ze že";

const POLISH: &str = "a aby albo ale bez być co czy dla do gdy gdzie go i ich ile im ja jak jaka jaki jakie jako je jego jej jest jeśli \
    już kiedy kto która które który lub ma mam mi mnie może mogę mój moja moje można na nad nam nas nasz nie nich niż o od on ona oni po \
    pod przez przy się są swój ta tak także te tego ten to tu ty w we więc z za ze że";

const RUSSIAN: &str = "а без бы был была были было быть в вам вас во вот все всё вы где да для до его ее её если есть еще ещё же за и из \
    или им их к как какая какие какой ко когда кто ли меня мне можно мой моя мы на над надо нам нас не нет ни но о об он она они оно от \
    по под почему при с свой себя со так также такой там то тоже только тот ты у уже чем что чтобы эта эти это этот я";

const TURKISH: &str = "ama bana ben benim bir biz bu bunu çok da daha de değil diye en gibi hangi her için ile ise kadar ki kim mi mı mu \
    mü nasıl ne neden nerede nedir o olan olarak onu sen şu ve veya ya";
