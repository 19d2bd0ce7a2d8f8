/** A question to the documents beside this file, and words of the only passage that answers it. */
export interface Question {
  asks: string
  document: string
  says: string
}

const about = (document: string, ...questions: [asks: string, says: string][]): Question[] =>
  questions.map(([asks, says]) => ({ asks, document, says }))

/** Asked as people ask: in their own words, which are often not those of the document. */
export const questions: Question[] = [
  ...about(
    'returns-policy.md',
    ['How many days do I have to send something back?', 'within 30 days'],
    ['Can I give back earrings that I have already opened?', 'earrings whose seal is broken'],
    ['Do I have to pay for the postage of a return?', 'is free inside the European Union'],
    ['When do I get my money back on my card?', 'Cards take up to five working days more'],
    ['I have no printer, how do I get the return label?', 'Without a printer'],
    ['Can I swap my jacket for a larger size?', 'We do not exchange goods'],
  ),
  ...about(
    'shipping.md',
    ['How long does delivery to Norway take?', '5 to 8 working days'],
    ['From which order value is shipping free?', 'free from a basket of 60 euros'],
    ['What happens to my parcel if I am not at home?', 'The driver tries a second time'],
    ['My parcel has not moved for a week, is it lost?', 'shows no movement for seven days'],
    ['Do I pay import duty when you deliver to Switzerland?', 'go duty unpaid'],
  ),
  ...about(
    'warranty.md',
    ['How long is the guarantee on the bike frame?', 'ten years against breakage'],
    ['At what remaining capacity is a battery considered defective?', 'less than 70 percent'],
    ['Where do I find the serial number of the motor?', 'silver label beside the plug'],
    ['Are worn brake pads covered by the warranty?', 'Wear of tyres, chains, brake pads'],
  ),
  ...about(
    'accounts-and-passwords.md',
    ['I forgot my password and the link does not work any more', 'works once, for 60 minutes'],
    ['Why is my account locked?', 'After six wrong attempts'],
    ['I lost my phone with the authenticator app', 'recovery codes'],
    ['What happens to my invoices when I delete my account?', 'Invoices stay for ten years'],
  ),
  ...about(
    'payment.md',
    ['What does error PX-204 mean?', 'PX-204'],
    ['Is there interest when I pay in three instalments?', 'Three parts cost no interest'],
    ['How long is a gift card valid?', 'valid for three years'],
    ['When will my credit card be charged?', 'charged when the parcel leaves the warehouse'],
  ),
  ...about(
    'privacy.md',
    ['How long do you keep telephone recordings?', '90 days'],
    ['Who receives my address and phone number?', 'Carriers get name, address'],
    ['How fast do you answer a request for a copy of my data?', 'within one month'],
  ),
  ...about(
    'e-bike-handbook.md',
    ['The display shows E12', 'the battery is not latched'],
    ['Which tyre pressure do I need at the back?', '3.2 bar'],
    ['How far can I ride in Eco mode?', '140 kilometres'],
    ['May I mount a child seat on the seat post?', 'never to the seat post'],
  ),
  ...about(
    'workshop-service.md',
    ['What does a large inspection cost?', '129 euros'],
    ['Can I get a replacement bicycle while mine is being repaired?', 'you get a loan bicycle'],
  ),
  ...about(
    'business-customers.md',
    ['What discount do we get for 25 bicycles?', 'from 20 bicycles 8 percent'],
    ['Who is the account manager for southern customers?', 'Maria Huber'],
  ),
  ...about('staff-travel.md', ['How much may a hotel in London cost per night?', 'up to 190 euros']),
  ...about(
    'bonusprogramm.md',
    ['Wann verfallen meine Bonuspunkte?', 'verfallen 24 Monate'],
    ['Was mache ich, wenn ich meine Kundenkarte verloren habe?', 'Sperren Sie die Kundenkarte'],
    ['Wie lange ist die Rueckgabefrist fuer Goldkunden?', 'verlängerter Rückgabefrist von 60 Tagen'],
  ),
  ...about(
    'sicherheitshinweise-akku.md',
    ['Darf ich den Akku im Flugzeug mitnehmen?', 'Im Flugzeug sind Akkus'],
    ['Wohin mit einem alten Akku?', 'Jede Filiale nimmt sie kostenlos zurück'],
  ),
]
