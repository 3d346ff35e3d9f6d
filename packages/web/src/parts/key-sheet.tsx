import { useEffect, useRef, useState } from "react";
import { isBound, keyCommands, keyTable, lettersOn, setLetters } from "../keys.ts";
import { Keys } from "./bits.tsx";

const groups = ["Go to", "Move", "Chart", "Run", "Page"] as const;

/** The sheet behind `?`: every key of the registry; those that this page does not answer to say so. */
export function KeySheet(props: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(lettersOn);
  useEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) element.showModal();
  }, []);
  const choose = (value: boolean) => {
    setLetters(value);
    setOn(value);
  };
  return (
    <dialog ref={dialog} className="sheet" aria-labelledby="sheet-title" onClose={props.onClose}>
      <header>
        <h2 id="sheet-title">Keys</h2>
        <button type="button" className="btn" onClick={props.onClose}>
          Close <Keys of="close" />
        </button>
      </header>
      <div className="sheet-groups">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {keyCommands
                .filter((command) => keyTable[command].group === group)
                .map((command) => (
                  <div key={command}>
                    <dt>
                      <Keys of={command} />
                    </dt>
                    <dd>
                      {keyTable[command].says}
                      {!isBound(command) && <span className="faint"> (not on this page)</span>}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <label className="letters">
        <input type="checkbox" checked={on} onChange={(event) => choose(event.target.checked)} />{" "}
        Single letters act on the page
      </label>
    </dialog>
  );
}
